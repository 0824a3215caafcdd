"""Export: a dataset directory in, one file that other tools read out."""
