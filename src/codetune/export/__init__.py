"""A dataset directory in, one file that other tools read out.

Model files are converted in `train.weights`.
"""
