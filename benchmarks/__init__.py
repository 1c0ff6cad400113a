"""Benchmarks: the rows of the project's target table, ours and peers in one run.

``python -m benchmarks --help`` says how to run them; `docs/performance.md` how they measure.
"""
