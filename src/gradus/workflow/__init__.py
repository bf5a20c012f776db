"""The order of the main job; every step of it is a call to a lower floor."""
