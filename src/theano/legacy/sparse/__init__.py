"""Theano's sandbox of sparse matrices."""
