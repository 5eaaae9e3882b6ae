"""Tables of results, built from released files only: estimates, the plan's hypotheses and models, released tables.

Every function takes the tidy estimates (columns as in ``release/estimates.csv``) and returns a
:class:`jianfu.report.tables.table.Table`; none of them sees a fitted model.
"""

import re

from jianfu.core.errors import ConfigError
from jianfu.report.tables.table import NOTHING, Table, count, interval, missing, number, p_text, stars

CHECK_ROLES = ("placebo", "negative_control", "diagnostic")
VERDICTS = ("supported", "limited", "direction_only", "open", "not_supported", "contrary", "not_tested")
INSIGNIFICANT = ("direction_only", "open", "not_supported")  # verdicts whose power a reader has to know
DECIDING = ("primary", "robustness")  # roles of models that a hypothesis may name
FEW_CLUSTERS = 40
POLICY = ("H14", "H15")  # hypotheses on relief rules; their diagnostics stand in a table of their own
FEW_EVENTS = "few events"  # how the note of a model says so
SMALL_SAMPLE = ("CR2", "wild", "welch")  # errors made for few clusters
FEW_TREATED = "few treated clusters"
# What the note of a model says where the data lack what it needs.
LACKING = re.compile(r"column (\S+) (?:is absent|has no values)|table (\w+) has no rows")


def text_of(key, labels, fallback):
    """The label of ``key``, or ``fallback`` where the dictionary has none."""
    return labels(key) if key in labels else str(fallback)


def term_label(term, labels):
    """Text of a term: ``OD:cohort_90s`` becomes the two labels joined by ×, ``OD_lead`` the label with its suffix."""
    if missing(term):
        return NOTHING
    parts = []
    for part in str(term).split(":"):
        stem, _, tail = part.partition("_")
        if part not in labels and stem in labels and f"term_suffix_{tail}" in labels:
            parts.append(labels(stem) + labels(f"term_suffix_{tail}"))
        else:
            parts.append(text_of(part, labels, part))
    return " × ".join(parts)


def model_label(name, models, labels):
    """Name of a model of the plan in the report's language."""
    return models[name][f"label_{labels.language}"] if name in models else name


def outcome_label(row, labels):
    """Words for the outcome of an estimate."""
    return text_of(f"outcome_{row['outcome']}", labels, row["outcome"])


def usable(row):
    """True if the row carries an estimate with a standard error from a fit that converged."""
    return not missing(row["estimate"]) and not missing(row["std_error"]) and row["converged"] is not False


def of_interest(estimates, models):
    """Rows whose term is one of its model's terms of interest (not a control); every path of a mediation."""

    def wanted(name, term):
        model = models.get(name, {})
        named = [
            *model.get("terms", [] if "report" in model else [term]),
            *(model.get("report") or [] if model.get("report") != "all" else []),
        ]
        return model.get("estimator") == "mediation" or term in named

    return estimates[[wanted(*pair) for pair in zip(estimates["model"], estimates["term"], strict=True)]]


def regression_table(name, columns, estimates, models, labels):
    """One column per model, two rows per term (estimate with stars, standard error), then effects and counts.

    The label of an interaction stands on both rows.

    columns: names of models, in order; a model without a row in ``estimates`` has no column. Raises
    :class:`ConfigError` for a name that is not in the plan.
    """
    unknown = [model for model in columns if model not in models]
    if unknown:
        raise ConfigError(
            f"config/plan/tables.yaml: '{name}' names the model '{unknown[0]}', absent from config/plan/models.yaml."
        )
    shown = of_interest(estimates, models)
    fits = [rows for rows in (shown[shown["model"] == model] for model in columns) if len(rows)]
    terms = list(dict.fromkeys(term for fit in fits for term in fit["term"]))
    rows = []
    for term in terms:
        cells = [_first(fit[fit["term"] == term]) for fit in fits]
        main, *factors = term_label(term, labels).split(" × ")
        rows.append((main, *map(_estimate_cell, cells)))
        rows.append(("".join(f"× {factor}" for factor in factors), *map(_error_cell, cells)))
    heads = [_first(fit) for fit in fits]
    header = [labels("column_variable")]
    for position, head in enumerate(heads, start=1):
        header.append(f"({position})\n{head['hypothesis']}\n{outcome_label(head, labels)}")
    notes = [labels("note_stars"), labels("note_errors"), labels("note_scales")]
    notes += [labels("note_few_clusters", n=FEW_CLUSTERS)] if few_clusters(shown) else []
    return Table(
        name,
        labels(f"table_{name}"),
        tuple(header),
        (*rows, *_foot(heads, models, labels)),
        (len(rows),),
        labels("source_estimates"),
        tuple(notes),
    )


def _first(rows):
    return rows.iloc[0] if len(rows) else None


def _estimate_cell(row):
    if row is None:
        return ""
    return number(row["estimate"]) + stars(row["p_value"]) if usable(row) else NOTHING


def _error_cell(row):
    return "" if row is None or not usable(row) else f"({number(row['std_error'])})"


def _foot(heads, models, labels):
    """Rows below the coefficients: estimator, effects, controls, errors, counts."""

    def line(key, cell):
        return (labels(f"row_{key}"), *map(cell, heads))

    def yes(found):
        return labels("yes" if found else "no")

    def listed(head, key):
        return set(models[head["model"]].get(key) or [])

    lines = [
        line("estimator", lambda h: labels(f"estimator_{models[h['model']]['estimator']}")),
        line("unit_effects", lambda h: yes(listed(h, "effects") & {"unit", "person"})),
        line("time_effects", lambda h: yes(listed(h, "effects") & {"month", "wave"})),
        line("controls", lambda h: yes(listed(h, "controls"))),
        line(
            "vcov",
            lambda h: NOTHING if missing(h["vcov"]) else text_of(f"vcov_{h['vcov']}", labels, h["vcov"]),
        ),
    ]
    for key in ("n_used", "n_events", "n_units", "n_clusters"):
        lines.append(line(key, lambda h, key=key: count(h[key])))
    return lines


def few_clusters(estimates):
    """True if a primary model has too few clusters for the usual cluster-robust errors."""
    clusters = estimates.loc[estimates["role"] == "primary", "n_clusters"].dropna()
    return bool((clusters < FEW_CLUSTERS).any())


def few_events(row):
    """True if the note of the model says that few events stand behind the estimate."""
    return not missing(row["note"]) and FEW_EVENTS in str(row["note"])


def uncorrected_clusters(row):
    """True if clusters are too few for the errors that the row carries."""
    few = not missing(row["n_clusters"]) and row["n_clusters"] < FEW_CLUSTERS
    few = few or (not missing(row["note"]) and FEW_TREATED in str(row["note"]))
    return few and not any(kind in str(row["vcov"]) for kind in SMALL_SAMPLE)


def limited(row):
    """True if a significant estimate rests on few events, or on few clusters without a correction."""
    return few_events(row) or uncorrected_clusters(row)


def verdict(row, sign, alpha):
    """Verdict on one estimate, one of VERDICTS.

    ``sign`` is the predicted one (``+``, ``-``, ``>=``, ``0`` or ``=``); the adjusted p-value decides where there is
    one. For ``0`` the question is only whether the estimate differs from zero; for ``=`` the p-value is that of a test
    of equivalence to zero, and the question stays ``open`` where it is not shown. For ``>=`` (does not fall) an
    estimate that does not differ from zero leaves the question ``open`` whatever its sign: its interval holds a fall.
    Where the evidence is limited there is no ``supported`` and no ``contrary``.
    """
    if row is None or not usable(row):
        return "not_tested"
    p_value = row["p_value"] if missing(row["p_adjusted"]) else row["p_adjusted"]
    significant = not missing(p_value) and p_value < alpha
    against = "not_supported" if limited(row) else "contrary"
    if sign == "=":
        return ("limited" if limited(row) else "supported") if significant else "open"
    if sign == "0":
        return against if significant else "supported"
    if sign == ">=" and not significant:
        return "open"
    agrees = row["estimate"] < 0 if sign == "-" else row["estimate"] > 0
    if not agrees:
        return against if significant else "not_supported"
    if not significant:
        return "direction_only"
    return "limited" if limited(row) else "supported"


def sign_of(text):
    """``+``, ``-``, ``>=``, ``=`` or ``0`` from the plan's predicted sign (``+``, ``>0``, ``−``, ``≥ 0``, ``=`` …)."""
    text = str(text).strip()
    if text == "=":
        return "="
    if text.startswith((">=", "≥")):
        return ">="
    return "+" if "+" in text or ">" in text else "-" if set("-−<") & set(text) else "0"


def sign_text(text):
    """The plan's predicted sign in print: minus as minus, equivalence to zero as ``≈ 0``, no fall as ``≥ 0``."""
    return {"-": "−", "=": "≈ 0", ">=": "≥ 0"}.get(sign_of(text), sign_of(text))


def hypothesis_rows(estimates, hypotheses, alpha):
    """The plan's hypotheses with the estimate that decides: list of (plan row, estimate row or None, verdict)."""
    primary = estimates[estimates["role"].isin(DECIDING)]
    found = []
    for plan in hypotheses.to_dict("records"):
        row = _first(primary[(primary["model"] == plan["model"]) & (primary["term"] == plan["term"])])
        found.append((plan, row, verdict(row, sign_of(plan["predicted_sign"]), alpha)))
    return found


def verdict_label(row, result, labels):
    """Words for a verdict; of a hypothesis that was not tested also what the data lack for it."""
    found = LACKING.search(str(row["note"])) if result == "not_tested" and row is not None else None
    if not found:
        collinear = result == "not_tested" and row is not None and "collinear" in str(row["note"])
        return labels("verdict_collinear" if collinear else f"verdict_{result}")
    column, table = found.groups()
    what = term_label(column, labels) if column else labels(f"data_{table}")
    return labels("verdict_lacking", what=what)


def _table(name, keys, rows, notes, labels, left):
    """A table of estimates: headings of the ``keys``, no group, the estimates as source."""
    header = tuple(labels(f"column_{key}") for key in keys)
    source, notes = labels("source_estimates"), tuple(map(labels, notes))
    return Table(name, labels(f"table_{name}"), header, tuple(rows), (), source, notes, left)


def hypotheses_table(estimates, hypotheses, labels, alpha, detectable=None):
    """Verdict table: statement, variable with predicted sign, estimate, interval, adjusted p, verdict.

    detectable: smallest detectable effect by (model, term); it stands below the verdict on a result that does not
    differ from zero.
    """
    rows, detectable = [], detectable or {}
    for plan, row, result in hypothesis_rows(estimates, hypotheses, alpha):
        figures = [NOTHING] * 3
        if result != "not_tested":
            p_value = row["p_value"] if missing(row["p_adjusted"]) else row["p_adjusted"]
            figures = [number(row["estimate"]), interval(row["ci_low"], row["ci_high"]), p_text(p_value)]
        sign = sign_text(plan["predicted_sign"])
        term = f"{term_label(plan['term'], labels)} ({sign})" if plan["term"] else NOTHING
        statement = plan[f"statement_{labels.language}"]
        words = verdict_label(row, result, labels)
        smallest = detectable.get((plan["model"], plan["term"]))
        if result in INSIGNIFICANT and smallest is not None:
            words += "\n" + labels("verdict_detectable", value=number(smallest))
        rows.append((plan["hypothesis"], statement, term, *figures, words))
    keys = ("hypothesis", "statement", "variable_sign", "estimate", "interval", "p_adjusted", "verdict")
    return _table("hypotheses", keys, rows, ("note_verdict",), labels, 3)


def _estimate_cells(row):
    """Estimate with stars, error, interval and p of one row."""
    if not usable(row):
        return (NOTHING,) * 4
    return (
        number(row["estimate"]) + stars(row["p_value"]),
        f"({number(row['std_error'])})",
        interval(row["ci_low"], row["ci_high"]),
        p_text(row["p_value"]),
    )


def checks_table(estimates, models, labels, alpha):
    """Placebo leads and negative controls, which should be zero, and diagnostics."""
    rows = []
    for role in CHECK_ROLES:
        shown = estimates["role"].eq(role) & ~(estimates["hypothesis"].isin(POLICY) & (role == "diagnostic"))
        for row in estimates[shown].to_dict("records"):
            names = (model_label(row["model"], models, labels), term_label(row["term"], labels))
            result = labels(f"check_{check_result(row, estimates, alpha)}")
            rows.append((*names, *_estimate_cells(row), count(row["n_events"]), result))
    keys = ("check", "variable", "estimate", "std_error", "interval", "p_value", "n_events", "check_result")
    return _table("checks", keys, rows, ("note_checks",), labels, 2)


def expects_zero(row):
    """True if zero is expected: negative controls, and the lead (not the lag beside it) or false date of a placebo."""
    placebo = row["role"] == "placebo" and ("_lead" in str(row["term"]) or row["term"] == "att")
    return row["role"] == "negative_control" or placebo


def check_result(row, estimates, alpha):
    """Key of the result of one check.

    not_tested, companion; zero: like zero, and the interval excludes the main estimate (the primary one of the same
    hypothesis and variable); no_evidence: like zero, but not to be told from the main estimate; not_zero;
    not_zero_limited: differs from zero on limited evidence.
    """
    if not usable(row):
        return "not_tested"
    if not expects_zero(row):
        return "companion"
    if row["p_value"] < alpha:
        return "not_zero_limited" if limited(row) else "not_zero"
    term = str(row["term"]).replace("_lead", "")
    same = (estimates[["hypothesis", "role", "term"]] == [row["hypothesis"], "primary", term]).all(axis=1)
    main = [other["estimate"] for other in estimates[same].to_dict("records") if usable(other)][:1]
    apart = main and not row["ci_low"] <= main[0] <= row["ci_high"]
    return "zero" if apart else "no_evidence"


def robustness_table(estimates, models, labels):
    """Every robustness model: one row per term of interest."""
    shown = of_interest(estimates, models)
    rows = []
    for row in shown[shown["role"] == "robustness"].to_dict("records"):
        names = (
            row["hypothesis"],
            model_label(row["model"], models, labels),
            term_label(row["term"], labels),
        )
        rows.append((*names, *_estimate_cells(row), count(row["n_used"]), count(row["n_events"])))
    keys = (
        "hypothesis",
        "model",
        "variable",
        "estimate",
        "std_error",
        "interval",
        "p_value",
        "n_used",
        "n_events",
    )
    return _table("robustness", keys, rows, ("note_stars", "note_robustness"), labels, 3)


def paired_with_pooled(estimates, models):
    """Primary rows and the pooled rows of the same hypothesis, outcome and term: list of (primary, pooled)."""
    shown = of_interest(estimates, models)
    pooled = shown[shown["role"] == "pooled"]
    pairs = []
    for row in shown[shown["role"] == "primary"].to_dict("records"):
        same = (
            pooled[["hypothesis", "outcome", "term"]] == [row["hypothesis"], row["outcome"], row["term"]]
        ).all(axis=1)
        pairs += [(row, other) for other in pooled[same].to_dict("records")[:1]]
    return pairs


def fe_versus_pooled(estimates, models, labels):
    """Fixed effects and pooled estimates side by side with their difference."""
    rows = []
    for fixed, pooled in paired_with_pooled(estimates, models):
        both = usable(fixed) and usable(pooled)
        difference = number(pooled["estimate"] - fixed["estimate"]) if both else NOTHING
        names = (fixed["hypothesis"], outcome_label(fixed, labels), term_label(fixed["term"], labels))
        rows.append((*names, *_with_error(fixed), *_with_error(pooled), difference))
    keys = ("hypothesis", "outcome", "variable", "fixed", "interval", "pooled", "interval", "difference")
    return _table("fe_versus_pooled", keys, rows, ("note_stars", "note_fe_versus_pooled"), labels, 3)


def _with_error(row):
    estimate, error, limits, _ = _estimate_cells(row)
    return (f"{estimate}\n{error}" if usable(row) else NOTHING), limits
