"""Several sources in, one training set out, each with its target count.

Reading a source is in `sources`; rows leave for a fault of their own in `curate`.
"""
