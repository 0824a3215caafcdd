"""A model folder loaded here and asked many requests at a time.

What starts a server in another process belongs in `embedded/` or `servers/`, the batch API of servers in `batch_api/`.
"""
