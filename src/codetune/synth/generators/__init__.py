"""The generators, one file each: what is asked and what a good answer has to be.

Requests, retries and storage are in `synth.runtime`.
"""
