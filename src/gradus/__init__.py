"""gradus trains feed-forward networks on tables and shows every number on the way.

The public names are listed here and nowhere else.
"""
