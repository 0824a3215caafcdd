"""Source code as syntax: languages, parsing, functions, docstrings, definitions.

Text written for people, chats and benchmark overlap are in `text`.
"""
