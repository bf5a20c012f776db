"""What the page says below a table beside its numbers, by the name of a workload or an axis.

Written by hand: the reason for a bend, or why a goal is not met. No number of a run stands here.
"""

REMARKS = {
    "W1a": (
        "A call of 2,000 updates holds what a call costs whatever it does; W1b is the rate without."
    ),
    "W10b": (
        "Where JAX has two processors it computes two calls beside each other, so that its ratio "
        "on one core is the one that says what a product costs."
    ),
}
