"""Checks and facts about shapes and values, in graphs."""
