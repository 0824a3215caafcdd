"""What runs on the far side of the wall: the zygote, the box's PID 1, the untrusted child.

These modules use the standard library alone, and nothing of ours outside this folder: they are
loaded by the bare base interpreter, where codetune and what it stands on are not installed.
"""
