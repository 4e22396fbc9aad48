"""Where things are: the board with a wall around it, and the three names of a place.

`point`  index into the padded board: `(y + 1) * stride + x + 1`, `stride = width + 1`, y = 0 at the top.
         One wall column serves as the right edge of a row and the left edge of the next.
`action` index into a policy: `y * width + x`; the last one, `width * height`, is pass.
`vertex` the text a person types, such as `D4` (see `engine.notation`).
"""

from engine.jit import inline_kernel, kernel
from engine.rulesets import MAX_SIDE

MAX_POINTS = (MAX_SIDE + 1) * (MAX_SIDE + 2) + 1


@inline_kernel
def num_points(width: int, height: int) -> int:
    """Length of the padded board, walls included."""
    return (width + 1) * (height + 2) + 1


@kernel
def point_of(action: int, width: int) -> int:
    """Padded index of an on-board action."""
    return (action // width + 1) * (width + 1) + action % width + 1


@kernel
def action_of(point: int, width: int) -> int:
    """Policy index of an on-board point."""
    stride = width + 1
    return (point // stride - 1) * width + point % stride - 1
