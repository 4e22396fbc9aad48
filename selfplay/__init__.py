"""LEARNING FROM OUTCOMES: networks, self-play, replay, training and matches."""
