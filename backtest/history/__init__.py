"""Real daily series, traded again and held against a rulebook."""
