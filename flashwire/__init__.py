"""What knows both sides: the command line, the supervisor, the embedded server, and the Python client."""
