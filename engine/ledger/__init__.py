"""Who owns what: accounts, and their cash and allowances; it knows no order."""
