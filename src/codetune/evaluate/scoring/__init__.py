"""From completions to `score.json`: programs run, answers graded, rates counted.

Intervals and comparisons are in `evaluate.statistics`.
"""
