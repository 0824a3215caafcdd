"""OpenAI's batch API: submit, leave, come back.

Single requests are in `models.client`.
"""
