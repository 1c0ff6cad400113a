"""Shared variables of each kind, and the updates of functions."""
