"""What knows both sides: the command line, the supervisor, the private server, and the Python client."""
