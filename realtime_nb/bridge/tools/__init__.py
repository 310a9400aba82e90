"""Tools in the pages: calls, approvals, and what they displayed."""
