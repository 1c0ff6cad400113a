"""What one call of a function does, counted without running it: arithmetic, memory, traffic."""
