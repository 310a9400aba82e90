"""Tools at work: the functions that there are, and one call of one of them."""
