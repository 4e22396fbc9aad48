"""Settings of a search, with unit, range and source of each."""

from dataclasses import dataclass
from typing import Literal

SelectionRule = Literal["puct", "uct"]


@dataclass(frozen=True)
class SearchConfig:
    """How one search walks its tree.

    Attributes:
        num_simulations: simulations a move; the first one evaluates the root. At least 2.
        selection: `puct` (Silver et al. 2017, arXiv 1712.01815) or `uct` (Kocsis & Szepesvári 2006).
        c_puct_init: weight of the prior; arXiv 1712.01815 pseudocode has 1.25.
        c_puct_base: visits over which that weight grows by ln 2; same source, 19652.
        c_uct: exploration constant of `uct`, for values in [-1, 1].
        fpu_reduction: value of an unvisited child below its parent's, times the root of the prior mass
            already visited (KataGo, arXiv 1902.10565 appendix).
        root_fpu_reduction: the same at the root.
        noise_weight: share of Dirichlet noise in the root priors, 0..1 (0.25 in arXiv 1712.01815).
        noise_total: sum of the Dirichlet parameters over the legal actions (KataGo: 10.83).
    """

    num_simulations: int = 32
    selection: SelectionRule = "puct"
    c_puct_init: float = 1.25
    c_puct_base: float = 19652.0
    c_uct: float = 1.0
    fpu_reduction: float = 0.2
    root_fpu_reduction: float = 0.0
    noise_weight: float = 0.25
    noise_total: float = 10.83

    def __post_init__(self) -> None:
        if self.num_simulations < 2:
            raise ValueError(f"num_simulations {self.num_simulations}: expected at least 2")
        if self.selection not in ("puct", "uct"):
            raise ValueError(f"selection {self.selection!r}: expected puct or uct")
        if not 0 <= self.noise_weight <= 1:
            raise ValueError(f"noise_weight {self.noise_weight}: expected 0..1")
        for name in ("c_puct_init", "c_uct", "fpu_reduction", "root_fpu_reduction"):
            value = getattr(self, name)
            if not 0 <= value <= 100:
                raise ValueError(f"{name} {value}: expected 0..100")
        for name in ("c_puct_base", "noise_total"):
            value = getattr(self, name)
            if not 0 < value <= 1e9:
                raise ValueError(f"{name} {value}: expected a positive number")
