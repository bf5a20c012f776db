"""Methods that look at all rows at once and at second derivatives."""
