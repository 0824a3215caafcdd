"""Whole ways, described in YAML and composed of stages."""
