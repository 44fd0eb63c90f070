"""The service: score, decide, stream, files and commands."""
