"""Analysis of Python code for generated programs: free names, types, mutants, recorded values.

Checks for any language are in `synth.checks`.
"""
