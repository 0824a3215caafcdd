"""The parts of the report page, each read from finished stages.

How the page is laid out is in `report`.
"""
