"""Programs that run in the environments of other people's bots; the product imports none of them."""
