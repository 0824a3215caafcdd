"""The generators: one file each.

What they have in common is in `synth.runtime`, what a row must satisfy in `synth.checks`.
"""
