"""The way of the client's sound: from the buffer through turn detection to words."""
