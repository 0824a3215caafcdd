"""From a benchmark's items to completions: prompt styles and generation.

Running the completions is in `evaluate.scoring`.
"""
