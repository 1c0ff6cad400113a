"""Old helpers around graphs: unification, schedules, debugging."""
