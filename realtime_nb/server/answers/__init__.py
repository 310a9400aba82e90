"""Responses: from what a brain says to the events and the sound of an answer."""
