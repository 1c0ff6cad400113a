"""Lowering of products of matrices."""
