"""Requests by REST: chat completions with sound, speech, transcription."""
