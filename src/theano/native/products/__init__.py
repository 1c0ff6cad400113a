"""The library of matrix products, and the choice between it and BLAS."""
