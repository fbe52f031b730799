"""Strategies for studies: zero intelligence, learning, dealers, speculators."""
