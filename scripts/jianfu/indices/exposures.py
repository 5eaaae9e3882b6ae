"""What an exposure is: an index, the months it is taken over, and in which variant. Only here are its names known."""

import re
from dataclasses import dataclass, replace
from typing import Self

SURVEY = "6m"  # window: the months before the fieldwork of a survey; "" = the months before the month at risk
# Variants: the months after (placebo); without the tasks tagged as emergency; of a unit of another county; all months
# since the arrival at the post.
LEAD, CALM, ELSEWHERE, ARRIVAL = "lead", "calm", "elsewhere", "arrival"


@dataclass(frozen=True, kw_only=True)
class Exposure:
    """An exposure of a unit-month: ``Exposure(index="OD", window=SURVEY, variant=CALM)``.

    index: code in config/plan/indices.csv; window: ``""`` or :data:`SURVEY`; variant: ``""``, :data:`LEAD`,
    :data:`CALM`, :data:`ELSEWHERE` or :data:`ARRIVAL`; lag: the single month m - lag instead of a mean over several,
    0 = none.
    """

    index: str
    window: str = ""
    variant: str = ""
    lag: int = 0

    @property
    def name(self) -> str:
        """As it stands in exposures.parquet: ``OD``, ``OD_lead``, ``OD_lag3``, ``OD_calm_6m``."""
        lag = f"lag{self.lag}" if self.lag else ""
        return "_".join(part for part in (self.index, self.variant, lag, self.window) if part)

    @property
    def term(self) -> str:
        """As it stands in a model; the table decides the window: ``OD``, ``OD_lead``, ``OD_calm``, ``OD_lag3``."""
        return replace(self, window="").name

    @classmethod
    def of(cls, name: str) -> Self:
        """The exposure of this name: the inverse of :attr:`name`, and of :attr:`term` for the window ``""``."""
        index, variant, lag, window = NAME.fullmatch(name).groups(default="")
        return cls(index=index, window=window, variant=variant, lag=int(lag or 0))


NAME = re.compile(rf"(.+?)(?:_({LEAD}|{CALM}|{ELSEWHERE}|{ARRIVAL}))?(?:_lag(\d+))?(?:_({SURVEY}))?")
