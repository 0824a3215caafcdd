"""Questions paired with code: CodeSearchNet, CoSQA, CoNaLa.

Sets mined from Stack Overflow are in `sources.stackexchange`.
"""
