"""The audio API of REST without I/O: requests, streams put together, what is shown of them."""
