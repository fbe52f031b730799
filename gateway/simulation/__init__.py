"""The server's core under one seed: clients, network, disk and clock that fail; what must hold."""
