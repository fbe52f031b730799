"""A venue's rules as one frozen value, with validation, TOML, amendments, sources, calendar."""
