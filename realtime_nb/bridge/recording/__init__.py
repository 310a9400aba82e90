"""Both sides of a talk as sound: what was said and heard, and when."""
