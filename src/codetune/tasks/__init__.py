"""What a row asks and how an answer is graded.

Benchmarks are in `evaluate.benchmarks`; tasks written by a model are in `synth`.
"""
