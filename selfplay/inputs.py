"""What a network sees of positions: the planes of the engine that its configuration asks for."""

from typing import Any

import numpy as np
import numpy.typing as npt

from engine.board import State
from engine.planes import NUM_PLANES, write_batch_planes
from engine.reading_planes import ReadingPlanes
from engine.rulesets import Rules
from selfplay.network import NetworkConfig


class InputWriter:
    """Writes the planes of many positions; one object for each thread."""

    def __init__(self, config: NetworkConfig, rules: Rules) -> None:
        """Reserve memory.

        Args:
            config: of the network that will see them.
            rules: of the largest games to come.
        """
        self._reading = ReadingPlanes(rules) if config.reading_planes else None

    def write(self, state: State, rows: npt.NDArray[np.int64], planes: npt.NDArray[Any]) -> None:
        """Write the planes of several positions.

        Args:
            state: the batch.
            rows: `[n]` which games, in the order of the planes.
            planes: `[>= n, num_planes, canvas_height, canvas_width]`, contiguous.
        """
        write_batch_planes(state, rows, planes)
        if self._reading is not None:
            self._reading.write(state, rows, planes[:, NUM_PLANES:])
