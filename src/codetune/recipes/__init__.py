"""Whole runs, described in YAML: the recipe, the stages it can name, and the runner.

Not here: what a stage does (its own package) and mixtures (`codetune.mix`).
"""
