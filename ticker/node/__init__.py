"""The node: the connected clients, what each of them gets, and the tasks that keep it healthy; it owns no socket."""
