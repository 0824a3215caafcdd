"""Work spread over cores and machines, with its progress.

Running untrusted code is in `execution`.
"""
