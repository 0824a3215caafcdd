"""How each language but Python becomes a command in a box, and how its program says that it ended.

Parsing a language is in `code`.
"""
