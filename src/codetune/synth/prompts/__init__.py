"""Prompts: the template files, and how they are loaded, checked and rendered.

What a model's answer must look like is in `synth.runtime`.
"""
