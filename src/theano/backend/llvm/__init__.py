"""The loop program printed as LLVM IR."""
