"""Simulated brokers, which know a venue only through a port."""
