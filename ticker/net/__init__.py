"""Connections: accept, first bytes, handshake, WebSocket and SSE, and the transports below them."""
