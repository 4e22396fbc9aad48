"""Two boards beside each other in lines, with what is to be known of each."""

from itertools import zip_longest

from engine.notation import color_name, draw_board
from rlhf_variant.board_text import boards_of_texts
from rlhf_variant.label_session import Shown

GAP = "     "


def caption(text: str) -> str:
    """Side to move and komi of a board, in words.

    Args:
        text: of the board, as in `rlhf_variant.board_text`.
    """
    board = boards_of_texts([text])
    komi = float(board.komi[0])
    gift = f", {'White' if komi > 0 else 'Black'} gets {abs(komi):g}" if komi else ""
    return f"{color_name(int(board.to_play[0])).capitalize()} to play{gift}"


def side_by_side(shown: Shown) -> str:
    """Both sides, clips one board below the other.

    Args:
        shown: the query on the screen.
    """
    left, right = ([line for text in side.boards for line in _lines(text)] for side in shown.sides)
    width = max(map(len, left))
    return "\n".join(
        f"{one:{width}}{GAP}{other}".rstrip() for one, other in zip_longest(left, right, fillvalue="")
    )


def _lines(text: str) -> list[str]:
    drawn = draw_board(boards_of_texts([text]).stones[0]).splitlines()
    return [*drawn, f"   {caption(text)}"]
