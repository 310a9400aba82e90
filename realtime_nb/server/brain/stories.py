"""What the card tells at length: a story long enough to be interrupted, jokes, facts."""

from __future__ import annotations

from typing import Final

# Some fifty seconds of speech, in short sentences, so that there is time to talk over it.
STORY: Final = (
    "Here is a story. Once there was a lighthouse keeper who talked to ships. "
    "Every night she lit the lamp, and every night she wished the captains a quiet sea. "
    "None of them ever answered, because none of them could hear her. "
    "One winter a storm came that broke the lamp. "
    "She took her grandmother's old trumpet and played, low and long, until the morning. "
    "Far out a captain heard it, turned his wheel, and missed the rocks by the length of a boat. "
    "In spring he climbed the tower to thank her. "
    "He said that it had been the finest music of his life. "
    "She laughed, because she knew only one note. "
    "Since then every ship that passes sounds its horn, once, at the same low note. "
    "And the keeper, when she hears it, always answers. "
    "That is the end of the story."
)

JOKES: Final = (
    "Why did the microphone break up with the speaker? There was too much feedback.",
    "I would tell you a joke about silence, but you might not hear it.",
    "A neutron asks what a drink costs. For you, says the barkeeper, no charge.",
)

FACTS: Final = (
    "Sound travels about four times faster in water than in air.",
    "A blue whale's heart beats only a few times a minute when it dives.",
    "Honey can stay good for thousands of years.",
)
