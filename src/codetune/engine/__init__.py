"""Work spread over cores and machines, and the progress that is shown meanwhile.

Not here: what the work is; stages hand their functions to an engine.
"""
