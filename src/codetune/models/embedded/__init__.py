"""llama.cpp in a child process, and the SmolLM2 model that comes with codetune.

Servers that others run are reached through `models.client`.
"""
