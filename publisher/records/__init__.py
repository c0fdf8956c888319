"""Who may publish: tokens, sessions, the first welcome, and how much of it at once; it knows no HTTP."""
