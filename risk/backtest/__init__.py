"""Two books over one history: what would change, why, and what it would cost."""
