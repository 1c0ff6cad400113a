"""Plans and programs of compiled functions as text."""
