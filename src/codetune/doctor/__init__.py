"""Checks of this machine and of model endpoints, with advice for what is missing.

Nothing here changes the machine.
"""
