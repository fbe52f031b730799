"""The event loop, contexts of TLS, and child processes for measurements."""
