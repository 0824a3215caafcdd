"""Commands that collect, make, curate and export rows.

One file for each command, and what they share.
"""
