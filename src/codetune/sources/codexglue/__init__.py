"""The CodeXGLUE sets: clones, defects, translation, repair, completion.

One format a file.
"""
