"""Decisions and labels kept as Parquet by day, and questions to them."""
