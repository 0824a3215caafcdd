"""Grading: what an answer to a task is worth.

Running programs is in `execution`.
"""
