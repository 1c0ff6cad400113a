# Made by `python -m tools.stubs`.

