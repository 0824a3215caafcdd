"""An instruction dataset in, an adapter or a model out.

Scoring what came out is in `evaluate`.
"""
