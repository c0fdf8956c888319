"""What both sides use and neither owns: HTTP plumbing and process plumbing. It imports no other room."""
