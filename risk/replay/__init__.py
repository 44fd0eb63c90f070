"""History again: recorded decisions and raw payments, through the core that decided them."""
