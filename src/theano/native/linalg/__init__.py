"""The library of linear algebra: small matrices, LU, Cholesky, Schur, LAPACK by SciPy."""
