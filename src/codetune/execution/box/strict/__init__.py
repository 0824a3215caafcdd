"""Strict test isolation: tests and program in two boxes, with plain data between them.

Ordinary runs need nothing from here.
"""
