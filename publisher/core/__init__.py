"""What may be published and how a request becomes an item: no I/O; time and randomness are arguments."""
