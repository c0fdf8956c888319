"""The reader: follows the stream for one sink, and detects when it may have missed an entry."""
