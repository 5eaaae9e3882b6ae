"""What another program needs to fit a declared model again: variables of a file, and the figures to compare with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from jianfu.core.errors import NotEstimable
from jianfu.core.labels import Labels
from jianfu.models.programs.variables import Variable, Words, described, variable_name
from jianfu.models.sample import Prepared, prepare
from jianfu.models.spec import ModelSpec
from jianfu.models.tables.table import AnalysisTable
from jianfu.models.term import CONSTANT, Term, parts_of
from jianfu.models.term import Part as TermPart
from jianfu.models.terms import SIMPLE
from jianfu.models.words import term_label

FAMILIES = ("ols", "logit", "cloglog", "poisson")
DISTRIBUTION = {"ols": "gaussian", "logit": "binomial", "cloglog": "binomial", "poisson": "poisson"}
OWN_WAY = ("weights", "offset", "options")  # keys of a model that the programs do not follow
USED, MERGED = "in_", "_in_"  # beginning and middle of the names of columns that this module adds


@dataclass(frozen=True, kw_only=True)
class Part:
    """A factor of a product: a variable, one level of it (code), or a function of it."""

    variable: str
    code: int | None = None
    function: str = ""


@dataclass(frozen=True, kw_only=True)
class Figure:
    """An estimate of ours and where the programs have theirs.

    name: of a variable, or "" for the constant; code: of the level of a factor, None of a number.
    """

    label: str
    name: str
    code: int | None
    estimate: float
    std_error: float


@dataclass(frozen=True, kw_only=True)
class Replication:
    """A model in the names of its file.

    outcome: variables that are added up; mean, spread: those by which it is standardised (0 and 1 where it is not);
    trials: variable of the observations behind a row, "" where each is one; derived: {name: factors of a product},
    numbers that are made before; numbers, factors: of the equation; effects: absorbed there, each a list of variables
    that are crossed; errors: cluster or CR2, with their clusters; largest: coefficients of the equation in all.
    """

    model: str
    title: str
    table: str
    used: str
    estimator: str
    outcome: Sequence[str]
    mean: float
    spread: float
    trials: str
    derived: Mapping[str, Sequence[Part]]
    numbers: Sequence[str]
    factors: Sequence[str]
    effects: Sequence[Sequence[str]]
    cluster: str
    errors: str
    n_clusters: int
    n_used: int
    largest: int
    figures: Sequence[Figure]

    @property
    def distribution(self) -> str:
        """gaussian, binomial or poisson."""
        return DISTRIBUTION[self.estimator]


def can_be_replicated(spec: ModelSpec) -> bool:
    """Whether the programs follow all that a model says: a regression clustered in one way, without further options."""
    plain = not any(getattr(spec, key) for key in OWN_WAY) and len(spec.clusters) == 1
    functions = {part.function for part in parts_of([*spec.terms, *spec.controls])}
    return plain and spec.estimator in FAMILIES and functions <= {"", *SIMPLE}


def with_samples(
    table: AnalysisTable, specs: Sequence[ModelSpec], categories: Mapping
) -> tuple[pd.DataFrame, dict[str, Prepared]]:
    """The frame of a table with a column of yes and no for the rows of each model, and the models as prepared.

    Where a model merges small levels of a variable, the merged one is a column of its own. A model without a sample is
    left out.
    """
    added, models, whole = {}, {}, table.whole()
    for spec in specs:
        try:
            model = prepare(spec, table, categories)
        except NotEstimable:
            continue
        models[spec.name] = model
        added[USED + spec.name] = model.sample.rows
        for variable, levels in model.sample.merged.items():
            plain = whole[variable].astype(object)
            added[f"{variable}{MERGED}{spec.name}"] = plain.map(lambda value, of=levels: of.get(value, value))
    return pd.concat([whole, pd.DataFrame(added, index=whole.index)], axis=1), models


def exported(
    data: str, table: AnalysisTable, specs: Sequence[ModelSpec], words: Words, estimates: pd.DataFrame
) -> tuple[pd.DataFrame, list[Variable], list[Replication]]:
    """One analysis table in numbers, its variables, and those of ``specs`` on it that have figures.

    estimates: rows of :data:`~jianfu.models.estimates.RESTRICTED_COLUMNS`.
    """
    full, models = with_samples(table, specs, words.dummies)
    frame, variables = described(
        full, _with_added(words, full.columns.difference([*table.frame, *table.by_month.grids]), specs)
    )
    found = {variable.column: variable for variable in variables}
    made = []
    for name, model in models.items():
        rows = estimates[(estimates["model"] == name) & estimates["std_error"].notna()]
        shares = model.spec.estimator == "ols" and not (model.trials == 1).all()
        if len(rows) and not shares:
            made.append(replication(data, table.weight, model, found, rows, words))
    return frame, variables, made


def _with_added(words, added, specs):
    """The words with those of the columns that :func:`with_samples` added."""
    titles = {spec.name: title_of(spec, words.labels) for spec in specs}
    told, dummies = {}, dict(words.dummies)
    for column in added:
        variable, _, model = column.partition(MERGED)
        if model:
            told[column] = words.labels("variable_merged", variable=words.of(variable), model=titles[model])
            if variable in words.dummies:  # a truth value has none
                dummies[column] = words.dummies[variable]
        else:
            told[column] = words.labels("variable_used", model=titles[column.removeprefix(USED)])
    return replace(words, dummies=dummies, added=told)


def title_of(spec: ModelSpec, labels: Labels) -> str:
    """Hypothesis and name of a model, in words."""
    return f"{spec.hypothesis} {getattr(spec, f'label_{labels.language}')}".strip()


def replication(
    data: str,
    weight: str | None,
    model: Prepared,
    variables: Mapping[str, Variable],
    rows: pd.DataFrame,
    words: Words,
) -> Replication:
    """One model as :class:`Replication`; weight: column of the observations behind a row, rows: its estimates,
    variables: of the file by column."""
    spec = model.spec
    terms = _Terms(spec.name, variables, words.dummies)
    for term in model.columns.terms:
        terms.add(term, model.columns.of[term])
    standard = spec.standardise.get(spec.outcome, (0.0, 1.0))
    if standard is None:
        values = model.used[spec.outcome].to_numpy(dtype=float)
        standard = float(values.mean()), float(values.std(ddof=1))
    levels = sum(int(codes.max()) for codes in model.effects)
    return Replication(
        model=spec.name,
        title=title_of(spec, words.labels),
        table=data,
        used=variables[USED + spec.name].name,
        estimator=spec.estimator,
        outcome=[terms.variable(column).name for column in spec.outcomes],
        mean=standard[0],
        spread=standard[1],
        trials="" if (model.trials == 1).all() else variables[weight].name,
        derived=terms.derived,
        numbers=terms.numbers,
        factors=terms.factors,
        effects=[
            [terms.variable(column).name for column in effect.split(":")]
            for effect, codes in zip(spec.effects, model.effects, strict=True)
            if codes.max() > 0
        ],
        cluster=variables[spec.cluster].name,
        errors="CR2" if (rows["vcov"] == "CR2").any() else "cluster",
        n_clusters=int(rows["n_clusters"].iloc[0]),
        n_used=len(model.used),
        largest=len(model.columns) + 1 + levels,
        figures=[
            Figure(
                label=term_label(row["term"], words.labels),
                name=terms.places[row["term"]][0],
                code=terms.places[row["term"]][1],
                estimate=float(row["estimate"]),
                std_error=float(row["std_error"]),
            )
            for row in rows.to_dict("records")
            if row["term"] in terms.places
        ],
    )


class _Terms:
    """The terms of a model in the names of a file: numbers and factors of its equation, and the numbers made before.

    places: {column of our design: (variable, code of the level or None)}.
    """

    def __init__(self, model, variables, dummies):
        self.model, self.variables, self.dummies = model, variables, dummies
        self.levels = {
            dummy: (column, value) for column, of in dummies.items() for value, dummy in of.items()
        }
        self.taken = {found.name.lower() for found in variables.values()}
        self.derived, self.numbers, self.factors, self.places = {}, [], [], {CONSTANT: ("", None)}

    def variable(self, column):
        """The variable of a column, with small levels merged where the model does so."""
        return self.variables.get(f"{column}{MERGED}{self.model}", self.variables[column])

    def add(self, term, columns):
        """Take in a term with the names of its design columns."""
        if term in self.dummies and not columns:
            return  # a single level, which the constant or an effect takes in
        if term in self.dummies:
            variable = self.variable(term)
            self.factors.append(variable.name)
            self.places |= {name: (variable.name, variable.codes[self.levels[name][1]]) for name in columns}
            return
        for column in columns:
            parts = [self._part(text) for text in Term(column).names]
            name = parts[0].variable
            if len(parts) > 1 or parts[0].function or parts[0].code is not None:
                name = variable_name(column.replace(":", "_x_"), self.taken)
                self.derived[name] = parts
            self.numbers.append(name)
            self.places[column] = (name, None)

    def _part(self, text):
        if text in self.levels:
            column, value = self.levels[text]
            return Part(variable=self.variable(column).name, code=self.variable(column).codes[value])
        found = TermPart.of(text)
        return Part(variable=self.variable(found.column).name, function=found.function)
