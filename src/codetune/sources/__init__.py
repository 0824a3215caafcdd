"""Code and datasets as they are found, turned into records.

What a record asks of a model is in `tasks`.
"""
