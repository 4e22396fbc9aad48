"""Screens: how a person sees a game."""
