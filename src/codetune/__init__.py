"""codetune: from code you have to verified instruction data, a tuned model, and honest numbers."""

__version__ = "0.1.0"
