"""Mix: several sources in, one training set out, each with its target count."""
