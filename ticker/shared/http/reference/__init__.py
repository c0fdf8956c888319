"""Renders OpenAPI and AsyncAPI descriptions as pages that need no script."""
