"""What generators know and find out about code in languages other than Python: tests, mutants, marks, evidence.

Python, read with its own parser and tracer, is in `synth/python/` and `synth/checks/program_evidence.py`.
"""
