"""SEARCH: batched Monte-Carlo tree search over many games at once."""
