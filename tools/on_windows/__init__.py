"""The tests on Windows' own Python and NumPy, run by Wine (`make test-windows`); CONTRIBUTING.md says how."""
