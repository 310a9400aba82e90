"""What is typed after ``%`` and ``%%``, and the extension that loads it."""
