"""The desk's HTTP interface: reads requests, asks the rules and the store, says what came of it."""
