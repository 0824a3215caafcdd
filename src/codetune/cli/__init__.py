"""The command line: one file per command; parse, call, print.

What a command does is in the package it calls.
"""
