"""How a prompt for a voice is written: its sections, and rules that find what is amiss."""
