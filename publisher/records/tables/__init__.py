"""The tables of each room of the desk, on the one METADATA of `publisher.records.tables.base`."""
