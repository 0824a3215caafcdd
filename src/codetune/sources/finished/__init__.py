"""A finished dataset directory, from another folder or from an address, as a step of a run.

Not here: upstream's formats, which the other sources read.
"""
