"""What a recipe will do, before it is done: `codetune run --plan`, and the checks that every run begins with.

Not here: running. Nothing in this package asks a model or writes a file.
"""
