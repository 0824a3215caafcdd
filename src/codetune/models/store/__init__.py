"""The request store: each answer is paid for once.

Sending requests is in `models.client`.
"""
