"""The supervisor of one machine: starts, watches, replaces and stops the private server, the workers and the desk.

No module here uses threads or an event loop: the parent forks, and a fork copies neither.
"""
