"""Which items share a loop nest: vertical and horizontal fusion, rematerialization, split reductions."""
