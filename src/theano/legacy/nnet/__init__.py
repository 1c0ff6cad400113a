"""Old ops and names of neural networks: convolution by lists of kernels, volumes, gradient ops."""
