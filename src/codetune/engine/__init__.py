"""Work spread over cores and machines; progress told while it runs."""
