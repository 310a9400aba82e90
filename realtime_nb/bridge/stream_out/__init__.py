"""Sound that is still being made, on its way to the pages that play it."""
