"""A network's pass, opened: each number of it, its derivatives and their checks."""
