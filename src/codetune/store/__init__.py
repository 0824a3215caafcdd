"""Dataset directories, run cards, and files that are whole or not there."""
