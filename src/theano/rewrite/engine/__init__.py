"""What rewrites: rules as data, patterns and how they match, the graph under rewriting, phases."""
