"""Mixtures: several sources in, one training set out, each with its target count.

Running stages one after another is in `recipes`.
"""
