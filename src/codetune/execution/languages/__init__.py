"""How each language but Python becomes a command in a box, and how it says that it came to its end."""
