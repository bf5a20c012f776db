"""The network as mathematics: its description, its parameters and the tables of its formulas.

Nothing here knows tables, training or engines.
"""
