"""The audio API over HTTP: text read aloud, and speech written down."""
