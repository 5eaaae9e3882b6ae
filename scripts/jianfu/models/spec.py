"""What a declared model is: an entry of config/plan/models.yaml or of ``models_on``, read here and nowhere else."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Self

from jianfu.core.errors import ConfigError
from jianfu.core.spelling import did_you_mean
from jianfu.models.term import Term

ALL = "all"  # report: every coefficient becomes a row
SEVERAL = ("terms", "controls", "effects", "standardise")  # keys whose value is a list of names
ONE_OR_MORE = {"outcome": "outcomes", "cluster": "clusters"}  # keys that take one name or a list of them
OF_FIELD = {own: key for key, own in ONE_OR_MORE.items()}


@dataclass(frozen=True, kw_only=True)
class ModelSpec:
    """A declared model, with the names of columns as they stand in its analysis table.

    data: name of the analysis table; outcomes: none, one, or event columns that are added up; terms, controls:
    products of parts (:mod:`jianfu.models.term`); effects: absorbed, of a product (unit:cohort) every combination;
    clusters: none, one, or two columns; where: rows used {column: value}; standardise: outcome and mediator that are
    taken in standard deviations, with their (mean, SD) or None = those of the rows used; options: those of the
    estimator; report: terms that become rows, :data:`ALL`, or None = the terms. A name that is not given is "".
    """

    name: str = ""
    estimator: str = ""
    data: str = ""
    outcomes: tuple[str, ...] = ()
    mediator: str = ""
    terms: tuple[Term, ...] = ()
    controls: tuple[Term, ...] = ()
    effects: tuple[str, ...] = ()
    clusters: tuple[str, ...] = ()
    where: Mapping[str, object] = field(default_factory=dict)
    standardise: Mapping[str, tuple[float, float] | None] = field(default_factory=dict)
    weights: str = ""
    offset: str = ""
    entry: str = ""
    exit: str = ""
    event: str = ""
    options: Mapping[str, object] = field(default_factory=dict)
    report: str | tuple[str, ...] | None = None
    hypothesis: str = ""
    role: str = ""
    label_zh: str = ""
    label_en: str = ""

    @classmethod
    def of(cls, entry: Mapping) -> Self:
        """The model of an entry in YAML; raises :class:`ConfigError` for a key that no model has."""
        return cls().changed(entry)

    def changed(self, entry: Mapping) -> Self:
        """The same model with the keys of ``entry``, written as in YAML."""
        values = {}
        for key, value in entry.items():
            if key not in KEYS:
                name = entry.get("name", self.name)
                raise ConfigError("model_lacks_key", name=name, key=key, advice=did_you_mean(key, KEYS))
            if key in SEVERAL or key in ONE_OR_MORE or (key == "report" and value != ALL):
                value = (value,) if isinstance(value, str) else tuple(value)
            if key in ("terms", "controls"):
                value = tuple(map(Term, value))
            if key == "standardise":
                value = dict.fromkeys(value)
            values[ONE_OR_MORE.get(key, key)] = value
        return replace(self, **values)

    def written(self) -> dict:
        """The keys of the model as in YAML, without those that say nothing."""
        found = {}
        for f in fields(self):
            key, value = OF_FIELD.get(f.name, f.name), getattr(self, f.name)
            if key in ONE_OR_MORE and len(value) == 1:
                value = value[0]
            if value:
                found[key] = list(value) if isinstance(value, tuple) or key == "standardise" else value
        return found

    @property
    def outcome(self) -> str:
        """The outcome of a model that has one, "" where there is none."""
        return next(iter(self.outcomes), "")

    @property
    def cluster(self) -> str:
        """The column of the clusters of a model that has one, "" where there is none."""
        return next(iter(self.clusters), "")

    @property
    def outcome_name(self) -> str:
        """Name of the outcome in the estimates: causes added up are joined by '+'; of durations, the event."""
        return "+".join(self.outcomes) or self.event


KEYS = [OF_FIELD.get(f.name, f.name) for f in fields(ModelSpec)]


def specs_of(plan: Mapping) -> list[ModelSpec]:
    """The models that ``plan`` (config/plan/models.yaml) declares, in their order."""
    return [ModelSpec.of(entry) for entry in plan["models"]]


def spec_of(plan: Mapping, name: str) -> ModelSpec:
    """The declared model of this name; raises :class:`ConfigError` where there is none."""
    for spec in specs_of(plan):
        if spec.name == name:
            return spec
    raise ConfigError("model_not_declared", name=name)
