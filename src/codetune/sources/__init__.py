"""Code and datasets as they are found, turned into records."""
