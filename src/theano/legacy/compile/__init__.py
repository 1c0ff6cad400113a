"""Old ways to run a graph: thunks, profile modes, checkers."""
