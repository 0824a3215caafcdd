"""Settings: read from YAML and `--set`, checked, and every fault reported with its place.

Not here: the settings of a stage (each stage's `config.py`) and recipes (`codetune.recipes`).
"""
