"""How LLVM IR of library functions is written, and how libraries are compiled and kept."""
