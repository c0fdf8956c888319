"""A service on one machine: a private Valkey, and processes that share its parent's end.

Order of reading: `binary` (which server), `lock` and `place` (whose directory, which socket), `files` and `damage`
(files that are lost, or cannot be loaded), `valkey` (one life of it), `keeper` (many lives), `children` (the nodes and
the desk), `service` (all of it, start to stop).
No module here uses threads or an event loop: the parent forks, and a fork copies neither.
"""
