"""What a notebook gives to the functions a model calls: where they run, and where they show."""
