"""The tables of old names, and how modules and attributes are found by them."""
