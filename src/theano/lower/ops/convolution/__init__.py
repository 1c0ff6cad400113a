"""Lowering of convolutions, pooling and neighbourhoods."""
