"""Grading: what an answer to a task is worth."""
