"""The contract between desk and ticker: the item, the sealed entry, the cursor, the message, the site.

The publisher imports these modules, `ticker.stream.redis_stream` and `ticker.shared`, and nothing else of the ticker.
They do no I/O, except that `keys` and `site` each read one file when a process starts.
"""
