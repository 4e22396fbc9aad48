"""The numbers of a run for TensorBoard, beside its own file."""

from pathlib import Path
from types import TracebackType

from engine.errors import YomiError


class TensorboardLog:
    """Writes event files into a folder `tensorboard` of a run; TensorBoard is an extra."""

    def __init__(self, folder: Path) -> None:
        """Open a new event file.

        Args:
            folder: of the run.

        Raises:
            YomiError: TensorBoard is not installed.
        """
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:
            raise YomiError("tensorboard: not installed; pip install 'yomi[tensorboard]'") from None
        self._writer = SummaryWriter(folder / "tensorboard")

    def __enter__(self) -> "TensorboardLog":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.close()

    def write(self, iteration: int, metrics: dict[str, float]) -> None:
        """Write the numbers of a round; losses and the gate get a group of their own.

        Args:
            iteration: the round.
            metrics: its numbers by name.
        """
        for name, value in metrics.items():
            group, _, rest = name.partition("_")
            tag = f"{group}/{rest}" if group in ("loss", "gate") else f"games/{name}"
            self._writer.add_scalar(tag, value, iteration)
        self._writer.flush()
