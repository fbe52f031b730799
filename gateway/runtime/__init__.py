"""The event loop, and child processes for measurements."""
