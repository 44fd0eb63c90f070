"""Fraud as cases that act over time inside a customer's life."""
