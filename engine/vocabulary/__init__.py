"""Enums and units, every command, every event, and their JSON form."""
