"""Rows kept or refused, with the reason."""
