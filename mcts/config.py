"""Settings of a search, with unit, range and source of each."""

from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

SelectionRule = Literal["puct", "uct", "gumbel"]
PUCT, UCT, GUMBEL = range(3)  # codes of the rules in kernels, in the order of SelectionRule


class Settings(NamedTuple):
    """The numbers of a `SearchConfig` that kernels read."""

    rule: int
    """PUCT, UCT or GUMBEL."""
    c_puct_init: float
    c_puct_base: float
    c_uct: float
    fpu_reduction: float
    root_fpu_reduction: float
    c_visit: float
    c_scale: float
    rescale_values: bool


@dataclass(frozen=True)
class SearchConfig:
    """How one search walks its tree.

    Attributes:
        num_simulations: simulations a move; the first one evaluates the root. At least 2. The n simulations
            of the Gumbel paper are this number less one.
        selection: `puct` (Silver et al. 2017, arXiv 1712.01815), `uct` (Kocsis & Szepesvári 2006) or `gumbel`
            (Danihelka et al. 2022, "Policy improvement by planning with Gumbel").
        c_puct_init: weight of the prior; arXiv 1712.01815 pseudocode has 1.25.
        c_puct_base: visits over which that weight grows by ln 2; same source, 19652.
        c_uct: exploration constant of `uct`, for values in [-1, 1].
        fpu_reduction: value of an unvisited child below its parent's, times the root of the prior mass
            already visited (KataGo, arXiv 1902.10565 appendix).
        root_fpu_reduction: the same at the root.
        noise_weight: share of Dirichlet noise in the root priors, 0..1 (0.25 in arXiv 1712.01815).
        noise_total: sum of the Dirichlet parameters over the legal actions (KataGo: 10.83).
        max_considered: root actions among which `gumbel` divides its simulations (Danihelka et al.: 16).
        c_visit: visits that `gumbel` adds to the most visited action's before values are scaled by them
            (Danihelka et al.: 50).
        c_scale: weight of values against logits in `gumbel`, for values in [-1, 1] (Danihelka et al.: 1 on
            board games; mctx takes 0.1 with rescaling).
        rescale_values: whether `gumbel` stretches the values of a node's children to 0..1 first; it amplifies
            noise where a game is decided.
        gumbel_scale: weight of the Gumbel noise of a search with noise, 0..10; 1 is the paper's.
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
    max_considered: int = 16
    c_visit: float = 50.0
    c_scale: float = 1.0
    rescale_values: bool = False
    gumbel_scale: float = 1.0

    def __post_init__(self) -> None:
        if self.num_simulations < 2:
            raise ValueError(f"num_simulations {self.num_simulations}: expected at least 2")
        if self.selection not in get_args(SelectionRule):
            raise ValueError(f"selection {self.selection!r}: expected puct, uct or gumbel")
        if not 0 <= self.noise_weight <= 1:
            raise ValueError(f"noise_weight {self.noise_weight}: expected 0..1")
        for name in ("c_puct_init", "c_uct", "fpu_reduction", "root_fpu_reduction", "c_scale"):
            value = getattr(self, name)
            if not 0 <= value <= 100:
                raise ValueError(f"{name} {value}: expected 0..100")
        for name in ("c_puct_base", "noise_total", "c_visit"):
            value = getattr(self, name)
            if not 0 < value <= 1e9:
                raise ValueError(f"{name} {value}: expected a positive number")
        if not 1 <= self.max_considered <= 401:
            raise ValueError(f"max_considered {self.max_considered}: expected 1..401")
        if not 0 <= self.gumbel_scale <= 10:
            raise ValueError(f"gumbel_scale {self.gumbel_scale}: expected 0..10")

    @property
    def explores(self) -> bool:
        """Whether `noise` makes a difference: what self-play asks for."""
        return (self.gumbel_scale if self.selection == "gumbel" else self.noise_weight) > 0

    def settings(self) -> Settings:
        """What kernels read."""
        return Settings(
            rule=get_args(SelectionRule).index(self.selection),
            c_puct_init=self.c_puct_init,
            c_puct_base=self.c_puct_base,
            c_uct=self.c_uct,
            fpu_reduction=self.fpu_reduction,
            root_fpu_reduction=self.root_fpu_reduction,
            c_visit=self.c_visit,
            c_scale=self.c_scale,
            rescale_values=self.rescale_values,
        )
