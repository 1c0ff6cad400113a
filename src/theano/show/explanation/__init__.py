"""What became of a function, and why, line by line: `theano.explain`. Loaded when it is used.

`gather` makes plain data (docs/explain.md has its schema), `explain` shows it as text and as a page.
"""
