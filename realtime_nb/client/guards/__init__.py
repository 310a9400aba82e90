"""Guards over what is said: who holds answers back, and until when."""
