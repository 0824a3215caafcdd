"""`codetune doctor`."""
def doctor() -> None:
    """x"""
