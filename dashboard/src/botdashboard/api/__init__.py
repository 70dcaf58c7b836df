"""Plain HTTP: sign-in, links, the key form, probes, and what every response carries."""
