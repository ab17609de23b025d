"""What the demo sends: inquiries with their right labels, each with a sender and a channel.

The texts are those that the default model never learned from, so what one sees is what it can do.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from inquiry_pipeline.learning.datasets import LabelledInquiry, read_inquiries

_EVERYDAY: Final = ("wave2_consumer_en", "wave4_plain_multi", "wave7_everyday_multi")
_STRANGE: Final = "out_of_scope"
_STRANGE_SHARE: Final = 0.03
_HERE: Final = Path(__file__).parent
_CHANNELS: Final[Mapping[str, int]] = {"email": 60, "web": 25, "chat": 10, "api": 5}
_DOMAINS: Final[Mapping[str, int]] = {"example.com": 80, "mail.example.org": 12, "partners.example.com": 5}
_BEST_CUSTOMERS: Final = "vip.example.com"
_NAMES: Final[Mapping[str, tuple[str, str]]] = {
    "en": ("Olivia Noah Ava Liam Grace Owen Ruby Arjun Zainab Callum", "Harris Patel Clarke Nguyen Okoro Walsh Reid"),
    "de": ("Hannah Felix Leonie Jannik Mia Emre Ute Holger", "Schneider Yilmaz Krause Vogel Brandl Huber"),
    "es": ("Lucía Javier Carmen Diego Valeria Andrés", "García Moreno Castillo Rojas Herrera Vidal"),
    "fr": ("Camille Louis Inès Hugo Manon Yanis", "Dubois Lefèvre Moreau Gauthier Benali Roux"),
    "pt": ("Beatriz Tiago Inês Rafael Larissa Duarte", "Silva Ferreira Costa Ribeiro Moura Lopes"),
    "it": ("Giorgia Matteo Chiara Davide Elena Pietro", "Rossi Ferrari Greco Marino Fontana Leone"),
    "nl": ("Sanne Daan Lotte Bram Femke Youssef", "Jansen Bakker Visser Smit Mulder Peeters"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoMessage:
    """A message on its way: what it says and really is, who sends it, and through what."""

    inquiry: LabelledInquiry
    sender_name: str
    sender_email: str
    channel: str


def everyday(count: int, chance: random.Random) -> list[DemoMessage]:
    """So many ordinary messages in random order, some of them nothing for the desk; none twice before all were sent."""
    ordinary = [one for name in _EVERYDAY for one in read_inquiries(_written(name))]
    strange = list(read_inquiries(_written(_STRANGE)))
    odd = round(count * _STRANGE_SHARE)
    chosen = _dealt(strange, odd, chance) + _dealt(ordinary, count - odd, chance)
    chance.shuffle(chosen)
    return [_sent(one, chance) for one in chosen]


def incident(count: int, chance: random.Random) -> list[DemoMessage]:
    """So many reports of one and the same outage, by different people."""
    return [_sent(one, chance) for one in _dealt(list(read_inquiries(_HERE / "incident.jsonl")), count, chance)]


def _dealt(pack: Sequence[LabelledInquiry], count: int, chance: random.Random) -> list[LabelledInquiry]:
    dealt: list[LabelledInquiry] = []
    while len(dealt) < count:
        dealt += chance.sample(pack, min(len(pack), count - len(dealt)))
    return dealt


def _sent(inquiry: LabelledInquiry, chance: random.Random) -> DemoMessage:
    first, last = (chance.choice(names.split()) for names in _NAMES.get(inquiry.language, _NAMES["en"]))
    domain = _BEST_CUSTOMERS if chance.random() < 0.04 else _drawn(_DOMAINS, chance)
    return DemoMessage(
        inquiry=inquiry,
        sender_name=f"{first} {last}",
        sender_email=f"{first}.{last}@{domain}".lower(),
        channel=_drawn(_CHANNELS, chance),
    )


def _drawn(weights: Mapping[str, int], chance: random.Random) -> str:
    return chance.choices(list(weights), list(weights.values()))[0]


def _written(name: str) -> Path:
    """A file of the project's written inquiries: packaged, or in the checkout."""
    packaged = _HERE / "written" / f"{name}.jsonl"
    return packaged if packaged.exists() else Path(__file__).parents[4] / "data" / "written" / packaged.name
