"""Commands that run whole recipes, and `doctor`.

One file for each command, and what they share.
"""
