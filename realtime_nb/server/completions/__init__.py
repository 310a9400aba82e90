"""Chat completions with sound in and out, as the service's REST API has them."""
