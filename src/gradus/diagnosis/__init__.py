"""What went wrong in a training: the known problems, measured, and what cures them, tried."""
