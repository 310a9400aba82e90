"""Calls: sessions whose sound runs on a media leg of its own, events on any number of links."""
