"""Rows that a model writes, checked.

Talking to the model is in `models`; rows made without a model are in `tasks`.
"""
