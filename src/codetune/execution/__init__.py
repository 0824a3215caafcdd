"""Untrusted code, run in a box, with an honest verdict."""
