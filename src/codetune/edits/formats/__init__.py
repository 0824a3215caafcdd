"""The three ways an edit is written down, and read back: whole file, locate-and-change, search-and-replace.

How a conversation is laid out around an edit is in `text.conversation`.
"""
