"""A caller with a recording, who rings a phone line through the practice server."""
