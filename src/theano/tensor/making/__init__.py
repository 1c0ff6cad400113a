"""Tensors made of sizes and numbers."""
