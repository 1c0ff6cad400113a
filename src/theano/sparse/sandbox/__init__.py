"""Sparse matrices that are drawn (`sp2`), and convolutions by products with sparse matrices (`sp`)."""
