"""The SDK: an account's side of the protocol, asynchronous and blocking."""
