"""A running venue seen from outside: its figures, health and status, over HTTP and as log lines."""
