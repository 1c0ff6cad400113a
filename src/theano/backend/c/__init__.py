"""The loop program printed as C."""
