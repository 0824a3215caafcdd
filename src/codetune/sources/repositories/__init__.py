"""Sources that read code and its history: folders, git repositories, sets of commits.

Published sets of functions are in `sources.code_search`.
"""
