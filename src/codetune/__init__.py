"""codetune: from code you have to verified instruction data, a tuned model, and honest numbers.

The version is here; what does the work is in the packages.
"""

__version__ = "0.1.0"
