"""The supervisor of one machine: starts, watches, replaces and stops the embedded server, the nodes and the desk.

No module here uses threads or an event loop, because a fork copies neither.
"""
