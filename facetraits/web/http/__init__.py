"""Code that all requests share: headers, problems, uploads, limits, metrics, OpenAPI."""
