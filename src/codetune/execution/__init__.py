"""Untrusted code, run in a box, with an honest verdict.

What a verdict is worth in a benchmark is decided in `evaluate`.
"""
