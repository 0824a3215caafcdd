"""Who answers a benchmark: a server, the embedded model, or a model folder.

How an item is worded is in `evaluate.prompts`.
"""
