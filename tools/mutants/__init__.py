"""Small mistakes planted in the compiler, one at a time, and whether a test notices (``docs/mutants.md``)."""
