"""HumanEvalPack: HumanEval in six languages, to fix, explain or write.

One file for each language that needs more than joining.
"""
