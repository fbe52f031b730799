"""The operators' load generator and its report."""
