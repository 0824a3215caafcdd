"""Commands that train, convert and serve models.

One file for each command, and what they share.
"""
