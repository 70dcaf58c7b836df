"""kopf: watches the API server and passes on who has changed, never what."""
