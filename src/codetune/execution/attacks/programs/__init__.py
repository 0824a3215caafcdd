"""The attacking programs, by what they attack.

What runs them and says whether they were held is in `execution.attacks`.
"""
