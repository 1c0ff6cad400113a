"""Libraries of functions written by hand, in LLVM IR: what all programs of a machine share.

Support functions (objects, memory, arguments, the GIL, the team of threads) and matrix products; how they are printed,
compiled once a machine, and handed to the contexts of programs.
"""
