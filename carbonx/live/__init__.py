"""Agents on a live venue: the engine's words to and from those of the wire, over the SDK."""
