"""What a run may cost, and what it will probably cost.

What was spent is counted in `models.store.usage`.
"""
