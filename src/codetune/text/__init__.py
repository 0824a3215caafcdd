"""Templates, parsing of code, answers taken from text."""
