"""A memo: normalised, read with lexicons, turned into typed values."""
