"""What tests of differences must know of the activations."""

#: Those whose slope or curvature jumps at z = 0.
KINKED = ("relu", "leaky_relu", "elu", "selu", "softsign")
