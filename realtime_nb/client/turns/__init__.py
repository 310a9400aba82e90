"""Responses asked for and found again, and where the turns of a talk end."""
