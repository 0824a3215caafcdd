"""One upstream row on its way to a record, and the base of sources with one record a row.

How files are read is in `sources.files`.
"""
