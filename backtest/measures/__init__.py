"""Pure functions over what happened: trades, welfare and market quality."""
