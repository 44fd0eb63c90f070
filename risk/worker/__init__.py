"""The stream: intake, lanes, commits, dead letters, on two hosts."""
