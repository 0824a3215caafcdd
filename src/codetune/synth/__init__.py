"""Rows that a model writes, checked."""
