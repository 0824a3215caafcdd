"""Dataset directories, run cards, and files that are whole or not there.

Answers of models are stored in `models.store`.
"""
