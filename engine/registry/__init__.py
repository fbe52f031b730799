"""The compliance year over the ledger: issue, allocate, surrender, offset, bank, cancel, close."""
