# What nanobind's stub generator cannot see of the tuples of names: nox -s stub reads this file.
^gradus\._core\.(ACTIVATIONS|LOSSES|OPERATIONS|RULES|INSTRUCTION_SETS)$:
    \1: tuple[str, ...]
