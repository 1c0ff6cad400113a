"""Rules of linear algebra, and what is known of matrices."""
