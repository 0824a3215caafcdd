"""What generated rows must satisfy: statements, novelty, preserved code, complete programs.

Analysis for Python only is in `synth.python`.
"""
