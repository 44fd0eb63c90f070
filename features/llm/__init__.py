"""Asking a model what a memo says: slowly, for money, and without believing the memo."""
