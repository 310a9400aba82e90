"""Tools on MCP servers: what a session may call there, listing them, calls and approvals."""
