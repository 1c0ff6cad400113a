"""The library of convolution kernels."""
