"""HumanEval+ and MBPP+.

HumanEval and MBPP as first published are in `evaluate.benchmarks`.
"""
