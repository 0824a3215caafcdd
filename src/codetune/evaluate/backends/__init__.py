"""Who answers a benchmark: a server, the embedded model, or a model folder.

How an item becomes a prompt is in `evaluate.prompts`.
"""
