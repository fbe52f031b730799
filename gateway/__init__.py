"""carbonx gateway: the venue on a network, its clients and its tools."""
