"""Old ops and names of tensors."""
