"""Plots of networks and models, and the report that gathers them; nothing is trained here."""
