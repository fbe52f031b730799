"""All markets with participants and ledger, and ``apply``; the day; views; the hash; links."""
