"""Signals and images: pooling, and convolutions without channels."""
