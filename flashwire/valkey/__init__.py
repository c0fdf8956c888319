"""The private Valkey (or Redis) server of one machine.

Read in this order: `binary` (which program), `lock` and `data_dir` (the directory and its socket), `files` and `damage`
(files that were removed, or cannot be loaded), `server_process` (one run), `embedded_server` (all runs).
"""
