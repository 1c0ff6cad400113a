"""Sorted tensors, order statistics, searches."""
