"""Benchmarks: one small file each, listed in `registry`."""
