"""Linear algebra: products, factors, systems, eigenvalues."""
