"""Target areas for datasets of edits: a cursor, a selection, or none for each.

How one area is drawn is in `edits.area`.
"""
