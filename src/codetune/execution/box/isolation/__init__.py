"""The walls: namespaces, mounts, seccomp, limits, and the bubblewrap fallback.

What runs inside is in `execution.box.process`.
"""
