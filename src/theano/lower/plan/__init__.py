"""What is decided before anything is emitted: what shares a loop, where memory is, what a call costs."""
