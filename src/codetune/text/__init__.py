"""Text for models: chat templates, answers taken from text, overlap with benchmarks.

Source code as syntax is in `code`.
"""
