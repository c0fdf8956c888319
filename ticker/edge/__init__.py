"""The edge: sockets, HTTP and clocks around the core.

Reading order: query (what was asked), node (what the reader tells it, what members get), connection with its two kinds
websocket and sse, door (how a request becomes one of them), then app and its routes, and server (start, drain, stop).
"""
