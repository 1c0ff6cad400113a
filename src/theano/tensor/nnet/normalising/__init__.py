"""Normalisation of batches and layers."""
