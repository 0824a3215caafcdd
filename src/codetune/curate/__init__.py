"""Curation: rows kept or rejected, with the reason.

Choosing rows from several datasets is in `mix`.
"""
