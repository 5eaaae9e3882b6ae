"""Short tables of the survey scales for the report, from what the gate released."""

import pandas as pd

from jianfu.core.labels import Labels
from jianfu.models.estimates import missing
from jianfu.report.tables.table import NOTHING, Table, count, interval, number

ALL = "all"


def _table(name, header, rows, groups, labels, left, source):
    notes = (labels(f"note_{name}"),)
    return Table(name, labels(f"table_{name}"), header, tuple(rows), groups, labels(source), notes, left)


def _word(value, labels, *keys):
    return next((labels(key) for key in (*keys, str(value)) if key in labels), str(value))


def scale_quality_table(reliability, structure, labels: Labels) -> Table:
    """Reliability, agreement and fit of the factor model: one row per scale.

    reliability, structure: released tables scale_reliability and scale_structure; a scale without a factor model of its
    own has dashes there. No rows without any released answers.
    """
    fit = structure.set_index("scale").to_dict("index")
    rows = []
    for row in reliability.to_dict("records") if reliability["respondents"].notna().any() else ():
        own = fit.get(row["scale"], {})
        tested = not missing(own.get("df")) and own["df"] > 0
        alpha = f"{number(row['alpha'])}\n{interval(row['alpha_low'], row['alpha_high'])}"
        rows.append(
            (
                _word(row["scale"], labels, f"outcome_{row['scale']}"),
                count(row["items"]),
                count(row["respondents"]),
                NOTHING if missing(row["alpha"]) else alpha,
                number(row["omega"]),
                *(number(own[key]) if tested else NOTHING for key in ("cfi", "rmsea", "srmr")),
                number(row["icc1"]),
                number(row["icc2"]),
            )
        )
    keys = ("scale", "items", "respondents", "alpha", "omega_short", "cfi", "rmsea", "srmr", "icc1", "icc2")
    header = tuple(labels(f"column_{key}") for key in keys)
    return _table("scale_quality", header, rows, (), labels, 1, "source_scale_reliability")


def verdicts(invariance):
    """One record per scale and grouping: scale, grouping, groups, verdict, forbids."""
    return invariance.drop_duplicates(["scale", "grouping"]).to_dict("records")


def invariance_verdicts_table(invariance, labels: Labels) -> Table:
    """How far each scale measures the same over cohorts and waves, and what follows; none without answers."""
    rows, last = [], None
    for row in verdicts(invariance):
        if missing(row["groups"]) or not row["groups"]:
            continue
        scale = _word(row["scale"], labels, f"outcome_{row['scale']}")
        key = "unknown" if missing(row["verdict"]) else row["verdict"]
        cells = (
            _word(row["grouping"], labels, f"column_{row['grouping']}"),
            count(row["groups"]),
            labels(f"value_verdict_{key}"),
            labels(f"value_forbids_{key}"),
        )
        rows.append(("" if scale == last else scale, *cells))
        last = scale
    keys = ("scale", "grouping", "groups", "verdict", "forbids")
    header = tuple(labels(f"column_{key}") for key in keys)
    return _table("invariance_verdicts", header, rows, (), labels, 2, "source_measurement_invariance")


def response_rates_table(response: pd.DataFrame, labels: Labels) -> Table:
    """Persons on post, answers, rate and mean weight by group, side by side for the waves."""
    waves = sorted(response["wave"].unique())
    header = [labels("column_group")]
    for wave in waves:
        name = labels("wave_number", n=wave)
        header += [f"{name}\n{labels(f'column_{key}')}" for key in ("answers_of", "rate", "weight")]
    groups, rows = [], []
    total = response[response["level"] == ALL].drop_duplicates("wave")
    parts = response[response["level"] != ALL]
    order = [(None, total)] + list(parts.groupby("variable", sort=False))
    for variable, frame in order:
        if variable is not None:
            groups.append(len(rows))
        for level in dict.fromkeys(frame["level"]):
            cells = [_word(level, labels, f"value_level_{level}", f"value_{level}")]
            for wave in waves:
                own = frame[(frame["level"] == level) & (frame["wave"] == wave)]
                cells += _response(own.iloc[0] if len(own) else None)
            rows.append(tuple(cells))
    return _table("response_rates", tuple(header), rows, tuple(groups), labels, 1, "source_survey_response")


def _response(row):
    if row is None or pd.isna(row["rate"]):
        return [NOTHING] * 3
    return [
        f"{count(row['respondents'])}/{count(row['roster'])}",
        f"{number(100 * row['rate'], 1)}%",
        NOTHING if pd.isna(row["weight"]) else number(row["weight"], 2),
    ]
