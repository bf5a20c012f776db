"""The record of runs: what each was, where it is kept, how two of them compare."""
