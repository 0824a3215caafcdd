"""Synthesis: a model writes instruction rows, and each row is checked before it is kept.

Collecting, filtering and mixing rows are other stages.
"""
