"""The desk's HTTP interface: routes, authentication, idempotency, and errors as problem documents."""
