"""Measurements of carbonx, each beside its yardstick. The method: ``benchmarks/README.md``."""
