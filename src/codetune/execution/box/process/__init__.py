"""The life of one program in a box: started, watched, its output captured.

The walls around it are in `execution.box.isolation`.
"""
