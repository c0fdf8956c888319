"""The desk's HTTP connections: how they are accepted, read in rounds and bounded; it knows no route."""
