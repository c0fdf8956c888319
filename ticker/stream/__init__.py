"""The stream in Redis as the ticker reads it: the address, the connection, following and looking up."""
