"""All markets with participants and ledger, and ``apply``; the trading day; views; the hash."""
