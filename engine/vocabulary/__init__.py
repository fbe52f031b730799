"""Enums and units, every command and event, their JSON form, tables as people write them."""
