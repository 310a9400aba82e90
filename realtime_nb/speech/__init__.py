"""Speech engines for the local practice server: voice activity, recognition, speech."""
