"""Rows of one natural language as rows of another: what is prose, what stays as it is, what a fault is.

No model is asked here: `synth` and `mix` bring the translator.
"""
