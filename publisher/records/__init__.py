"""The desk's records in its database: tokens, sessions, the first welcome, notes. It knows no HTTP and no stream."""
