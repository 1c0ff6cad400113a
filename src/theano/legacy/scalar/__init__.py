"""Classes of single scalar operations, as older programs derive from."""
