"""Settings of a search, with unit, range and source of each."""

from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

SelectionRule = Literal["puct", "uct", "gumbel"]
PUCT, UCT, GUMBEL = range(3)  # codes of the rules in kernels, in the order of SelectionRule


_HIGHEST = {
    "noise_weight noise_shape c_puct_deviation ending_bonus": 1,
    "gumbel_scale": 10,
    "c_puct_init c_puct_log c_uct fpu_reduction root_fpu_reduction forced_playouts c_scale": 100,
}
"""Numbers from 0 to a highest one, by the latter."""


class Settings(NamedTuple):
    """The numbers of a `SearchConfig` that kernels read."""

    rule: int
    """PUCT, UCT or GUMBEL."""
    c_puct_init: float
    c_puct_log: float
    c_puct_base: float
    c_puct_deviation: float
    c_uct: float
    fpu_reduction: float
    root_fpu_reduction: float
    forced_playouts: float
    c_visit: float
    c_scale: float
    rescale_values: bool
    solve: bool
    min_pass_ply: int
    merge_transpositions: bool


@dataclass(frozen=True)
class SearchConfig:
    """How one search walks its tree.

    Attributes:
        num_simulations: simulations a move; the first one evaluates the root. At least 2. The n simulations
            of the Gumbel paper are this number less one.
        selection: `puct` (Silver et al. 2017, arXiv 1712.01815), `uct` (Kocsis & Szepesvári 2006) or `gumbel`
            (Danihelka et al. 2022, "Policy improvement by planning with Gumbel").
        c_puct_init: weight of the prior; arXiv 1712.01815 pseudocode has 1.25.
        c_puct_log: growth of that weight by each factor e of visits, from `c_puct_base` on: 1 in AlphaZero,
            0.45 in KataGo.
        c_puct_base: visits; 19652 in AlphaZero, 500 in KataGo.
        c_puct_deviation: how far that weight follows the standard deviation of the values below a node, of
            which 0.4 is the usual one, 0..1 (KataGo: 0.85; AlphaZero: 0).
        c_uct: exploration constant of `uct`, for values in [-1, 1].
        fpu_reduction: value of an unvisited child below its parent's, times the root of the prior mass
            already visited (KataGo, arXiv 1902.10565 appendix).
        root_fpu_reduction: the same at the root.
        forced_playouts: k of the sqrt(k P N) visits that each visited root action is given at least, and that
            are taken off its weight again afterwards (arXiv 1902.10565, section 3.2: 2); 0 for none.
        noise_weight: share of Dirichlet noise in the root priors, 0..1 (0.25 in arXiv 1712.01815).
        noise_total: sum of the Dirichlet parameters over the legal actions (KataGo: 10.83).
        noise_shape: share of those parameters that follows the logarithm of the priors instead of being the
            same for all actions, 0..1 (KataGo: 0.5).
        max_considered: root actions among which `gumbel` divides its simulations (Danihelka et al.: 16).
        c_visit: visits that `gumbel` adds to the most visited action's before values are scaled by them
            (Danihelka et al.: 50).
        c_scale: weight of values against logits in `gumbel`, for values in [-1, 1] (Danihelka et al.: 1 on
            board games; mctx takes 0.1 with rescaling).
        rescale_values: whether `gumbel` stretches the values of a node's children to 0..1 first; it amplifies
            noise where a game is decided.
        gumbel_scale: weight of the Gumbel noise of a search with noise, 0..10; 1 is the paper's.
        solve: whether finished games prove values up the tree (Winands et al. 2008): a proven win is played,
            a proven loss avoided. After a pass the answer that ends a game of Go is looked at first, so that
            it is given when it wins, not given when it loses, and no pass is played that it refutes. Only
            where terminal values are outcomes; refused behind the firewall.
        min_pass_ply: moves before which nobody passes while there is another legal move, in the tree too; 0
            for no such rule.
        clean_up: whether to take the opponent's dead stones off the board before passing in Go, and to play
            no move that pass-alive analysis calls pointless; refused behind the firewall, where nobody may
            tell dead stones.
        reuse_tree: whether a search goes on from what the tree of the move before, or of the one before that,
            knows of the position. Its visits count among the simulations; with noise at most half of these
            may be old, so that the noise reaches visits. Not for `gumbel` or `clean_up`, which need roots
            without visits.
        average_root: whether the judgment of the root is the mean over all symmetries of the board, which a
            network sees differently; counts as eight evaluations. A root that comes with its tree keeps its
            own.
        ending_bonus: value, 0..1, that a move of the root of Go costs where the network is sure who owns its
            point, and two thirds of which a pass costs: so nobody plays on in settled areas, nor passes
            before all is settled (after KataGo's `rootEndingBonusPoints`). Only in the search of a single
            game by `puct` with a network that knows ownership; 0 for none.
        choose_by_lcb: whether the best move is the one with the highest lower confidence bound instead of the
            most visits, once the root has 100 (leela-zero #2282). The search of a single game for play always
            chooses so; `gumbel` never does.
        vcf_nodes: fours that may be tried at each leaf of Gomoku to find a victory by continuous fours, which
            then counts as a win, and a hundred times as many at the root, where it is then played; 0 for
            none. Refused behind the firewall, and with `reuse_tree`.
        merge_transpositions: whether orders of moves that lead to the same position share one node
            (`mcts.merge_kernels`). Not with `reuse_tree`, nor with `solve` in a game of Go, where a proof may
            hold behind one history alone.
    """

    num_simulations: int = 32
    selection: SelectionRule = "puct"
    c_puct_init: float = 1.25
    c_puct_log: float = 1.0
    c_puct_base: float = 19652.0
    c_puct_deviation: float = 0.0
    c_uct: float = 1.0
    fpu_reduction: float = 0.2
    root_fpu_reduction: float = 0.0
    forced_playouts: float = 0.0
    noise_weight: float = 0.25
    noise_total: float = 10.83
    noise_shape: float = 0.0
    max_considered: int = 16
    c_visit: float = 50.0
    c_scale: float = 1.0
    rescale_values: bool = False
    gumbel_scale: float = 1.0
    solve: bool = False
    min_pass_ply: int = 0
    clean_up: bool = False
    reuse_tree: bool = False
    average_root: bool = False
    choose_by_lcb: bool = False
    ending_bonus: float = 0.0
    vcf_nodes: int = 0
    merge_transpositions: bool = False

    def __post_init__(self) -> None:
        if self.num_simulations < 2:
            raise ValueError(f"num_simulations {self.num_simulations}: expected at least 2")
        if self.selection not in get_args(SelectionRule):
            raise ValueError(f"selection {self.selection!r}: expected puct, uct or gumbel")
        if self.min_pass_ply < 0:
            raise ValueError(f"min_pass_ply {self.min_pass_ply}: expected at least 0")
        if self.reuse_tree and (self.selection == "gumbel" or self.clean_up):
            raise ValueError("reuse_tree: expected false with selection gumbel or clean_up")
        if self.ending_bonus > 0 and self.selection != "puct":
            raise ValueError("ending_bonus: expected 0 unless the selection is puct")
        if not 0 <= self.vcf_nodes <= 1_000_000:
            raise ValueError(f"vcf_nodes {self.vcf_nodes}: expected 0..1000000")
        if self.reuse_tree and self.vcf_nodes:
            raise ValueError("reuse_tree: expected false with vcf_nodes")
        if self.reuse_tree and self.merge_transpositions:
            raise ValueError("reuse_tree: expected false with merge_transpositions")
        if not 1 <= self.max_considered <= 401:
            raise ValueError(f"max_considered {self.max_considered}: expected 1..401")
        for names, highest in _HIGHEST.items():
            for name in names.split():
                value = getattr(self, name)
                if not 0 <= value <= highest:
                    raise ValueError(f"{name} {value}: expected 0..{highest}")
        for name in ("c_puct_base", "noise_total", "c_visit"):
            value = getattr(self, name)
            if not 0 < value <= 1e9:
                raise ValueError(f"{name} {value}: expected a positive number")

    @property
    def explores(self) -> bool:
        """Whether `noise` makes a difference: what self-play asks for."""
        return (self.gumbel_scale if self.selection == "gumbel" else self.noise_weight) > 0

    def settings(self) -> Settings:
        """What kernels read."""
        numbers = {name: getattr(self, name) for name in Settings._fields if name != "rule"}
        return Settings(rule=get_args(SelectionRule).index(self.selection), **numbers)
