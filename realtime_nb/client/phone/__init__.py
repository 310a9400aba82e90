"""What a phone line is made of: webhooks and whether to believe them, calls, and the route.

A service that was called by telephone tells so by a webhook: an HTTP request to us, signed
with a secret that both know. What is in it is the caller's word for the most part.
"""
