"""Values -> points: the scorers."""
