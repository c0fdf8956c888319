"""What may be said and how it becomes an item: plain functions, no I/O; time and randomness are passed in."""
