"""Tags that are read off the code of a row: paradigm and level.

Tags that a source gives (its split, its topics) come with its rows; tasks and templates are above.
"""
