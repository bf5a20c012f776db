"""Tables of numbers: reading, what each column is, encoding for a network, writing back."""
