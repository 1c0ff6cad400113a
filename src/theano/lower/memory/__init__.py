"""Where values live: workspace, in-place results, tiles of rows."""
