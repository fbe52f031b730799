"""Simulated brokers, which see a venue only through a port, and the simplest such port."""
