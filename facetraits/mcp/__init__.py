"""The Model Context Protocol: analyze and anonymize as tools for assistants (docs/mcp.md)."""
