"""Rows kept or rejected, with the reason.

Checks of rows while a model writes them are in `synth.checks`.
"""
