"""How each op becomes items: one file for a family of ops."""
