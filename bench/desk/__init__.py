"""The tasks of an editor at the desk's page, done by the keyboard alone, and what readers must have after each."""
