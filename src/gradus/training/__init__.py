"""Training: from first weights to the best ones, interruptible and repeatable to the bit."""
