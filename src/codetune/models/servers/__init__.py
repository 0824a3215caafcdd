"""Servers of other projects, vLLM and SGLang, started here on loopback and ended with the run.

What runs inside codetune's own processes belongs in `embedded/` or `batched/`.
"""
