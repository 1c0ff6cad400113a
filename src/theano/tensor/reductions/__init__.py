"""Sums, products, extremes and statistics along axes; running sums."""
