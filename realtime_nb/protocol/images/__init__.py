"""Pictures on their way into a conversation: read, measured, made small, and found again."""

from realtime_nb.protocol.images.gathered import GatheredPictures
from realtime_nb.protocol.images.picture import Picture
from realtime_nb.protocol.images.sources import read_picture

__all__ = ["GatheredPictures", "Picture", "read_picture"]
