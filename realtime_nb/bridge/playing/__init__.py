"""The answer's way to the loudspeaker, and what was heard of it."""
