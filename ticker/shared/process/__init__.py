"""Process plumbing of both sides: settings, listening sockets, logs, output, signals, tasks."""
