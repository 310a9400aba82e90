"""Cells of sound: what `%%audio_chat`, `%%speak`, `%transcribe` and `%translate_audio` stand on."""
