"""History for velocities that a book declares anew: from the past into checkpoints."""
