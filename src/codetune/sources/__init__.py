"""Sources: code and datasets as they are published, turned into records.

Checking the rows is in `curate`, making new ones in `synth`.
"""
