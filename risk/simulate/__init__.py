"""The generator of payments, fraud and labels."""
