"""Training steps of networks in old libraries: here, on Theano 1.0.5, and of the same networks in torch."""
