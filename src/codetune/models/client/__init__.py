"""The HTTP client: requests, retries, endpoints, rate limits, structured output.

Stored answers are in `models.store`, batch files in `models.batch_api`.
"""
