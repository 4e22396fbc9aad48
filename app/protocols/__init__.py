"""Protocols: how other programs talk with the engine."""
