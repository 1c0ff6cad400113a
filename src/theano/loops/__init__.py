"""The loop program: expressions, statements, verifier, vector math expansions."""
