"""HTTP plumbing of both sides: accepting connections, bounds, headers, proxies, content negotiation."""
