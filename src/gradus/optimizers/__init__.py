"""What turns a gradient into a change of the parameters: rules, schedules and clipping.

Nothing here knows layers, losses or rows.
"""
