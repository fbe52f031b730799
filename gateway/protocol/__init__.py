"""The protocol without IO: messages, framing, session tables, and the mapping to commands."""
