"""State that survives: one checkpoint a partition, written by a process of its own."""
