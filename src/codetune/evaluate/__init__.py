"""Benchmarks, verdicts, scores, and how sure they are."""
