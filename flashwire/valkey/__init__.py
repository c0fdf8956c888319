"""The private server of one machine: its program, its data directory, one run of it, and its restarts.

Order of reading: `binary` (which program), `lock` and `data_dir` (whose directory, which socket), `files` and `damage`
(files that are lost, or cannot be loaded), `server` (one run), `keeper` (all runs).
"""
