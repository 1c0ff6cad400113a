"""Loops as this processor wants them."""
