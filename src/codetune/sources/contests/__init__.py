"""Programming contests: problems, solutions, submissions.

Contest benchmarks are in `evaluate.benchmarks`.
"""
