"""One way for each kind of column to become features."""
