"""Good and bad answers for each generator, made from public data by stated rules.

What the teacher's server is is in `benchmarks/servers`.
"""
