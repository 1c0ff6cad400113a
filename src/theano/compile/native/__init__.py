"""The native executor: code, its tiers, arguments, call-backs, errors."""
