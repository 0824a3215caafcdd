"""Whole pipelines, described in YAML and composed of stages.

What a stage does is in its own package.
"""
