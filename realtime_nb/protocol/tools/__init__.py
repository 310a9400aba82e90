"""Functions that a model may call, as pure values: what is known of them and of what they give.

`options` says how one is called, `definition` what a model is told of it, `arguments` reads what
a model wrote, and `output` writes what goes back.
"""
