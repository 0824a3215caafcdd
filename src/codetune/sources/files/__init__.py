"""Input files: found, downloaded, decompressed, split into blocks of rows.

What a row means is in `sources.rows` and in the sources.
"""
