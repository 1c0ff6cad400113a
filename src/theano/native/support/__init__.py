"""The library of support functions: arrays, memory, the GIL, the team of threads."""
