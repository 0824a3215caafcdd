"""Estimates with intervals, paired tests, and the comparison of two scores.

Nothing here runs code or asks a model.
"""
