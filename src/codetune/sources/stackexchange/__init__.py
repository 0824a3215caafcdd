"""StackExchange dumps, and the sets made from them.

Other questions with code are in `sources.code_search`.
"""
