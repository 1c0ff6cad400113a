"""The rules, by purpose."""
