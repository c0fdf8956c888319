"""The reader of the stream: it follows the stream for one sink, and knows when it may have missed an entry."""
