"""The Python client of desk and ticker; it imports only the contract."""
