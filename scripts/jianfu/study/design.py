"""What the study simulates: scenarios, their worlds, truths and seeds, the models and the tests beside them."""

from dataclasses import dataclass

import pandas as pd

from jianfu.config.files import read_yaml
from jianfu.config.merging import merge
from jianfu.core.calendar import Calendar, calendar_of
from jianfu.core.errors import ConfigError
from jianfu.exits.definitions import Definitions, read_definitions
from jianfu.indicators.plan import read_plan as read_indicators
from jianfu.indices.exposures import Exposure
from jianfu.indices.specification import read_members
from jianfu.models.spec import ModelSpec, specs_of
from jianfu.models.tables.unit_years import WAVE
from jianfu.models.term import names_of
from jianfu.models.tiers import both_tiers, read_tiers, settled
from jianfu.simulate.parameters import read_parameters

SEEDS_PER_SCENARIO = 100_000


@dataclass(frozen=True)
class Setup:
    """What every draw needs: simulation parameters, models with their categories and the falsification tests beside
    them, the hypotheses that they decide, plan of the indices, settings."""

    parameters: dict
    specs: list[ModelSpec]
    checks: list[dict]
    hypotheses: pd.DataFrame
    categories: dict
    members: pd.DataFrame
    scales: dict
    definitions: Definitions
    calendar: Calendar
    settings: dict

    def of(self, **changes):
        """The same with other values of some fields."""
        return Setup(**{**self.__dict__, **changes})

    def only(self, names, bells=()):
        """The same for the models in ``names`` and the checks in ``bells``, with the members of the indices needed."""
        specs = [spec for spec in self.specs if spec.name in names]
        terms = names_of(term for spec in specs for term in spec.terms)
        used = {Exposure.of(term.removesuffix(WAVE)).index for term in terms}
        checks = [check for check in self.checks if check["name"] in bells]
        return self.of(specs=specs, checks=checks, members=self.members[self.members["index"].isin(used)])


@dataclass(frozen=True)
class Chunk:
    """A part of the draws of a scenario: ``first`` is the number of the first one, ``n`` how many there are."""

    scenario: str
    first: int
    n: int


def setup(
    parameters,
    defaults,
    models,
    checks,
    hypotheses,
    indicators,
    members,
    tiers,
    scales,
    definitions,
    small=False,
):
    """A :class:`Setup` from the files of the plan; ``small`` simulates the test-size province.

    Simulated provinces have both tiers of measurement, so that every confirmatory model has its twin on the common one.
    """
    parameters = read_parameters(parameters, small)
    settings = merge(read_yaml(defaults), {"data": {"window": parameters["window"]}})
    members = read_members(members, read_indicators(indicators))
    hypotheses = pd.read_csv(hypotheses, encoding="utf-8-sig")
    plan = settled(read_yaml(models), hypotheses, both_tiers(read_tiers(tiers)), members["index"].unique())
    return Setup(
        parameters=parameters,
        specs=specs_of(plan),
        checks=read_yaml(checks)["checks"],
        hypotheses=hypotheses,
        categories=plan["categories"],
        members=members,
        scales=read_yaml(scales)["scales"],
        definitions=read_definitions(definitions),
        calendar=calendar_of(settings["calendar"]),
        settings=settings,
    )


def scenario_of(design, name):
    """The declared scenario ``name``; raises :class:`ConfigError` if there is none."""
    for scenario in design["scenarios"]:
        if scenario["name"] == name:
            return scenario
    raise ConfigError("no_such_scenario", name=name)


def parameters_of(parameters, design, scenario):
    """Simulation parameters of a scenario: the common ones with the overlays of the study, its truth and its world."""
    overlay = merge(design["province"], design["truths"][scenario["truth"]])
    return merge(parameters, merge(overlay, design["worlds"][scenario["world"]]))


def seed_of(design, name, number):
    """Seed of draw ``number`` of the scenario ``name``."""
    position = [scenario["name"] for scenario in design["scenarios"]].index(name)
    return design["seed"] + position * SEEDS_PER_SCENARIO + number


def chunks(design):
    """All :class:`Chunk` of the study, in the order of the scenarios."""
    size = design["chunk"]
    return [
        Chunk(scenario["name"], first, min(size, scenario["draws"] - first))
        for scenario in design["scenarios"]
        for first in range(0, scenario["draws"], size)
    ]
