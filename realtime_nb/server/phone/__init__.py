"""The practice phone: calls without a trunk, and the webhooks that announce them."""
