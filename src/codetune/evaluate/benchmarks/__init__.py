"""Benchmarks: one small file each, listed in `registry`.

How a model is asked is in `evaluate.prompts`, how a program is scored in `evaluate.scoring`.
"""
