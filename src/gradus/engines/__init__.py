"""What computes: loss, gradients and updates, once as formulas and once fast.

Nothing here knows folds, stopping or files.
"""
