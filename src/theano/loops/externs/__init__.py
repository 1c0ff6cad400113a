"""External functions that loop programs call, by family: signature and meaning."""
