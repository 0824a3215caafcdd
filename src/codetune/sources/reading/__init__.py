"""Files as upstream publishes them: found, inflated, cut into blocks of rows."""
