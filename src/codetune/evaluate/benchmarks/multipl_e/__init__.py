"""MultiPL-E: HumanEval and MBPP in other languages.

One file for each thing its programs need.
"""
