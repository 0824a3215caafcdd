"""Open sets of instructions and conversations.

One format a file.
"""
