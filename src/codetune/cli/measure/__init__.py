"""Commands that evaluate, compare and report.

One file for each command, and what they share.
"""
