"""C code that users' ops bring."""
