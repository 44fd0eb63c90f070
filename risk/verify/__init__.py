"""Recorded decisions held against what they should be: by their own values, by the log."""
