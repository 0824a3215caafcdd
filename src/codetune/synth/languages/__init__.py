"""What generators know about code in languages other than Python: tests, mutants, empty bodies.

Python, read with its own parser, is in `synth/python/`; nothing here asks a model or runs a program.
"""
