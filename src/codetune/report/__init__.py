"""One page that says what changed."""
