"""Measured times of calls, nodes and loops: profiles."""
