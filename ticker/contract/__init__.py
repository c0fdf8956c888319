"""What desk and ticker agree on: the item, the sealed entry, the cursor, the message, the site.

The publisher may import these modules, `ticker.stream.redis_stream` and nothing else of the ticker. They do no
I/O, except `keys` and `site`, which each read one file when a process starts, and `server_state`, which
reads one when a node has to say why its stream is away.
"""
