"""One page that says what changed.

Numbers are computed in `evaluate` and in the stages; here they are shown.
"""
