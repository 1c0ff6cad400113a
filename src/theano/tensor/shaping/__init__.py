"""New shapes, orders and arrangements of the same elements."""
