"""Order-level data traded again: a venue's own logs under other rules, and LOBSTER files."""
