"""The ticker's rules without I/O: filters, the backlog, the hub, frames; time and randomness are passed in."""
