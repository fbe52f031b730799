"""The demonstration: one real day, traded over real sockets, drawn and proved."""
