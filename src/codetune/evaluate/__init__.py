"""Benchmarks, verdicts, scores, and how sure they are.

Graders of rows that are no benchmark are in `tasks.grading`; pages are made in `report`.
"""
