"""How games of self-play are made: batches, temperatures, cheap and full searches, decided games, sizes."""

from dataclasses import dataclass

from selfplay.beginnings import Evenness, read_sizes


@dataclass(frozen=True)
class SelfPlayConfig:
    """How games are made.

    Attributes:
        games_per_iteration: finished games before each training phase.
        parallel_games: games in lockstep a worker; the batch of the network.
        random_plies: most uniform random moves at the start of a game, not policy targets; how many is drawn
            for each game.
        temperature: of the move drawn at first, from the root visits or, in Gumbel search, from the improved
            policy; 0 plays the best move.
        final_temperature: of the same late in the game.
        temperature_plies: plies over which it falls from one to the other, linearly.
        temperature_half_life: plies that halve its distance from the final one; 0 for the linear fall.
        full_search_share: of the moves that are searched in full, each by chance; the others are searched
            cheaply, without noise, and are no policy targets (arXiv 1902.10565, section 3.1: 0.25).
        cheap_simulations: of a cheap search, which selects by PUCT whatever the full one does.
        first_simulations: of a full search in the first round, doubled in stages up to
            `search.num_simulations` (MiniZero, arXiv 2310.11305); 0 for the same number in all rounds.
        decided_value: a game counts as decided where the search has seen at least this value, 0..1, for the
            same side three moves in a row; 0 for never. Nobody resigns (KataGo's self-play: 0.9).
        decided_simulations: of a full search in a decided game.
        decided_share: of the full searches in decided games that are policy targets (KataGo: weight 0.1).
        sizes: sides of the boards and how often each is played, such as `7:1,8:1,9:8`, none above the run's;
            empty for the board of the run alone.
        early_sizes: the same in the first rounds.
        early_share: share of the rounds that are the first ones.
        even_openings: s of the chance (1 - v^2)^s with which a random opening of value v at the usual komi is
            taken (KataGomo: 4), 0 takes all; of at most `random_plies` moves, or 6 where that is 0. The
            network that plays says v. In Gomoku, unless `search.vcf_nodes` is 0, openings that either side
            could win by continuous fours are refused as well. One network plays both colors, so this does
            what swapping colors does for people: nobody gains by an uneven opening.
        fair_komi: whether the komi of each game of Go makes up for its opening, as that network sees it; the
            usual one as long as it does not know what komi is, which `komi_deviation` teaches.
        komi_deviation: of the komi from game to game, normal around the usual or the fair one, in points
            (KataGo: 1); integers and halves are drawn.
        wide_komi_share: of the games, whose komi deviates more (KataGo: 0.06).
        wide_komi_deviation: of these (KataGo: 12).
        fork_share: of the games that begin as an earlier one of the round did, up to a random move in place
            of which another one is played (KataGo: 0.04).
        position_share: of the games that begin from a position of the games that the run was given (`yomi
            train --positions`): a game and how many of its moves are drawn for each.
        surprise_weight: share of how often a position is drawn in training that goes by how much its search
            surprised the policy (KataGo: 0.5); 0 draws all alike.
        first_cut: fewest moves before a game is cut and judged as it stands, for experiments; the number is
            drawn for each game, and no search knows it.
        last_cut: most of them; 0 plays games to their end.
    """

    games_per_iteration: int = 100
    parallel_games: int = 64
    random_plies: int = 0
    temperature: float = 1.0
    final_temperature: float = 0.25
    temperature_plies: int = 20
    temperature_half_life: float = 0.0
    full_search_share: float = 1.0
    cheap_simulations: int = 12
    first_simulations: int = 0
    decided_value: float = 0.0
    decided_simulations: int = 8
    decided_share: float = 0.1
    sizes: str = ""
    early_sizes: str = ""
    early_share: float = 0.05
    even_openings: float = 0.0
    fair_komi: bool = False
    komi_deviation: float = 0.0
    wide_komi_share: float = 0.0
    wide_komi_deviation: float = 12.0
    fork_share: float = 0.0
    position_share: float = 0.0
    surprise_weight: float = 0.0
    first_cut: int = 0
    last_cut: int = 0

    def __post_init__(self) -> None:
        if self.games_per_iteration < 1 or self.parallel_games < 1:
            raise ValueError("games_per_iteration and parallel_games: expected at least 1")
        if not 0 <= self.first_cut <= self.last_cut or (self.last_cut and not self.first_cut):
            raise ValueError("first_cut and last_cut: expected 0 and 0, or fewest and most moves above 0")
        if self.random_plies < 0 or self.temperature_plies < 0:
            raise ValueError("random_plies and temperature_plies: expected at least 0")
        if self.temperature < 0 or self.final_temperature < 0:
            raise ValueError("temperature and final_temperature: expected at least 0")
        if self.temperature_half_life < 0:
            raise ValueError(f"temperature_half_life {self.temperature_half_life}: expected at least 0")
        if not 0 < self.full_search_share <= 1:
            raise ValueError(f"full_search_share {self.full_search_share}: expected above 0, at most 1")
        for name in ("cheap_simulations", "decided_simulations"):
            if getattr(self, name) < 2:
                raise ValueError(f"{name} {getattr(self, name)}: expected at least 2")
        shares = ("decided_value", "decided_share", "early_share", "fork_share", "position_share")
        for name in (*shares, "surprise_weight", "wide_komi_share"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} {getattr(self, name)}: expected 0..1")
        for name in ("even_openings", "komi_deviation", "wide_komi_deviation"):
            if not 0 <= getattr(self, name) <= 100:
                raise ValueError(f"{name} {getattr(self, name)}: expected 0..100")
        read_sizes(self.sizes)
        read_sizes(self.early_sizes)
        if self.first_simulations != 0 and self.first_simulations < 2:
            raise ValueError(f"first_simulations {self.first_simulations}: expected 0, or at least 2")

    def evenness(self, *, refuses_vcf: bool) -> Evenness:
        """What `Beginnings` need to know.

        Args:
            refuses_vcf: whether victories by continuous fours may be told of.
        """
        return Evenness(
            self.even_openings,
            refuses_vcf,
            self.fair_komi,
            self.komi_deviation,
            self.wide_komi_share,
            self.wide_komi_deviation,
        )
