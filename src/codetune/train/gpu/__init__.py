"""Training on GPUs with TRL, in a process of its own.

The loop for CPUs is in `train.cpu`.
"""
