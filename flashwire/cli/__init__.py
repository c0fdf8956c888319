"""The command line: one module a command; `main` names them."""
