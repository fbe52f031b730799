"""The compliance year over the ledger: allocate, transfer, verify, surrender, cancel, settle."""
