"""Commands that make datasets.

One file for each command.
"""
