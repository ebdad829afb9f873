"""What all requests share: headers, problems, uploads, limits, metrics, OpenAPI."""
