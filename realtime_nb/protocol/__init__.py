"""The wire, without I/O: events, conversation, playback positions, log and session config.

Nothing here waits, opens or looks at a clock: time is passed in as milliseconds since the
session's start, so every rule can be tested in microseconds.
"""
