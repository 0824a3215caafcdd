"""Settings, and recipes read with the line of each fault."""
