"""What answers: the card, an echo, a script, or any compatible chat service."""
