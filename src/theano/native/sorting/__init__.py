"""The library of sorting, partial sorting and searching."""
