"""The same training behind scikit-learn's conventions: fit, predict, score."""
