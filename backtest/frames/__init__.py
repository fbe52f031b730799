"""Logs as tables: columns with their meaning, Parquet, CSV and Arrow files, and polars frames."""
