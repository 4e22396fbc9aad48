"""FACES: commands, the terminal board and GTP."""
