"""The shell that one trades by hand in: what is typed, what is known, what is shown."""
