"""HTTP routes of a node: live JSON, items, health, metrics, OpenAPI, pages and assets."""
