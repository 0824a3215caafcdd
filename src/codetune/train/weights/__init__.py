"""Model files: base models, adapters, merging, GGUF.

Training itself is in `train.cpu` and `train.gpu`.
"""
