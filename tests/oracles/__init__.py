"""Exact results that a correct laboratory reproduces."""
