"""The command line: one file for each command, which parses, calls and prints.

Not here: anything a Python program could want; that is in the packages below.
"""
