"""The form of one loop nest: order of axes, interchange, coalescing, prefetch, shared work."""
