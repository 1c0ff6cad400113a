"""Theano's module `misc`."""
