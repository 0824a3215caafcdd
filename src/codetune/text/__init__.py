"""Text that people and models read: chat templates, fenced code, extraction, similarity, benchmark overlap.

Source code as syntax is in `code`; what a task asks and how it is graded is in `tasks`.
"""
