"""Is the network worth it: baselines, a paired test, intervals, and the words for the result."""
