"""Printers of the loop program, and the interpreter that defines it."""
