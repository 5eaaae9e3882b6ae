"""The exchange package of a province: what leaves it for the picture of all provinces, one file that a person reads.

A zip with tables (CSV), the plan as it was applied (JSON) and a page that says what is what. It holds released figures
of the province as a whole and nothing below: estimates with their reasons, covariances of terms of one model, anchors
and members of the common tier, and for every model a digest of what it depends on. :func:`read_package` refuses one
that was changed, or in which a count is smaller than may leave.
"""

import io
import json
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import norm

from jianfu.core.content import mapping_digest
from jianfu.core.errors import DataError
from jianfu.core.spreadsheets import csv_bytes
from jianfu.models.estimates import RELEASED_COLUMNS
from jianfu.models.reasons import has
from jianfu.provinces.dependencies import dependencies, digest
from jianfu.release.reasons_file import COLUMNS as REASONS
from jianfu.report.reading import with_reasons

FORMAT = 1
MANIFEST, README, PLAN, MODELS = "manifest.json", "README.txt", "plan.json", "models.json"
TABLES = {  # columns of every table; beside them only "data", the mark of synthetic data
    "estimates.csv": tuple(RELEASED_COLUMNS),
    "reasons.csv": tuple(REASONS),
    "hypotheses.csv": (
        *(
            "hypothesis",
            "statement_zh",
            "statement_en",
            "model",
            "term",
            "predicted_sign",
            "smallest",
            "family",
        ),
    ),
    "covariances.csv": ("model", "term", "with", "covariance"),
    "common_tier.csv": ("index", "month", "member", "share", "score", "units"),
    "anchors.csv": ("member", "direction", "n", "mean", "sd"),
    "digests.csv": ("model", "code", "digest"),
}
MARK = "data"
FILES = (README, PLAN, MODELS, *TABLES)
FIXED_DATE = (2000, 1, 1, 0, 0, 0)  # of the members, so that the same content is the same file
BELOW_PROVINCE = re.compile(r"\b\d{9}(?:\d{3})?\b")  # codes of township-level units
CLOSE = 1e-6  # relative; figures are released with ten digits


@dataclass(frozen=True)
class Package:
    """What one province says.

    manifest: province, name {zh, en}, synthetic, min_cell, window, common (version and digest of the plan it ran on),
    release (digest of the release), files; tables: frames by the name of the file without ending; estimates: with
    ``reasons`` as lists; record: settings and tables of the plan; models: entries by name.
    """

    manifest: Mapping
    tables: Mapping[str, pd.DataFrame]
    record: Mapping
    models: Mapping[str, Mapping]

    @property
    def province(self) -> str:
        """Its short name."""
        return self.manifest["province"]

    @property
    def estimates(self) -> pd.DataFrame:
        """The released estimates, their reasons as lists of :class:`~jianfu.core.reasons.Reason`."""
        return with_reasons(self.tables["estimates"], self.tables["reasons"])

    @property
    def confidence(self) -> float:
        """The level of its intervals."""
        return self.record["settings"]["inference"]["confidence"]

    def depends_on(self, model: str) -> dict[str, object]:
        """What the estimates of a model rest on (:func:`jianfu.provinces.dependencies.dependencies`)."""
        codes = dict(zip(self.tables["digests"]["model"], self.tables["digests"]["code"], strict=True))
        return dependencies(self.models[model], self.record, codes[model])


# ------------------------------------------------------------------------------------------------ write


def write_package(
    path: str | Path,
    *,
    said: Mapping,
    files: Mapping[str, bytes],
    record: Mapping,
    models: Mapping[str, Mapping],
    codes: Mapping[str, str],
    readme: str,
    mark: str,
) -> str:
    """Write the package and return its seal, which proves it to whoever was told it.

    said: entries of the manifest; files: content of the tables but for the digests, by name; record: settings and
    tables of the plan as applied; models: entries by name; codes: {estimator: digest of the modules behind it};
    mark: of synthetic data, if any.
    """
    named = {name: codes[entry["estimator"]] for name, entry in models.items()}
    digests = [
        (name, named[name], digest(dependencies(models[name], record, named[name]))) for name in models
    ]
    table = pd.DataFrame(digests, columns=TABLES["digests.csv"])
    found = {
        **files,
        "digests.csv": table_bytes(table, "digests.csv", mark),
        PLAN: _json(record),
        MODELS: _json(models),
        README: readme.encode("utf-8-sig"),
    }
    manifest = {"format": FORMAT, **said, "files": {name: sha256(found[name]).hexdigest() for name in FILES}}
    manifest["seal"] = mapping_digest(manifest)
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {MANIFEST: _json(manifest), **{name: found[name] for name in FILES}}.items():
            entry = zipfile.ZipInfo(name, FIXED_DATE)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(entry, content)
    return manifest["seal"]


def table_bytes(frame: pd.DataFrame, name: str, mark: str) -> bytes:
    """A table in its declared columns as a package holds it; ``mark``: of synthetic data, if any."""
    return csv_bytes(frame.reindex(columns=TABLES[name]), mark=mark, digits=10)


def _json(content) -> bytes:
    return json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True).encode()


# ------------------------------------------------------------------------------------------------ read


def read_package(path: str | Path, min_cell: int) -> Package:
    """A package that was proved: complete, as it was written, digests those of its plan, no count below ``min_cell``.

    Raises :class:`DataError` in one sentence where it is not.
    """
    path = Path(path)
    try:
        return _proved(_content(path), min_cell, path)
    except (
        AttributeError,
        LookupError,
        NotImplementedError,
        TypeError,
        ValueError,
    ):  # of another form than any package
        raise DataError("exchange_no_package", file=str(path)) from None


def _proved(content, min_cell, path):
    manifest = json.loads(content[MANIFEST])
    proved = mapping_digest({key: value for key, value in manifest.items() if key != "seal"})
    if manifest.get("format") != FORMAT:
        raise DataError("exchange_format", file=str(path), found=str(manifest.get("format")), wanted=FORMAT)
    moved = [
        name
        for name in sorted({*content, *FILES, *manifest["files"]} - {MANIFEST})
        if name not in FILES or name not in content or _sha(content[name]) != manifest["files"].get(name)
    ]
    if moved or proved != manifest.get("seal"):
        raise DataError("exchange_tampered", file=str(path), part=(moved or [MANIFEST])[0])
    found = Package(
        manifest,
        {name.removesuffix(".csv"): _table(content[name], name, path) for name in TABLES},
        json.loads(content[PLAN]),
        json.loads(content[MODELS]),
    )
    _check_digests(found, path)
    _check_figures(found, path)
    _check_counts(found, min_cell, path)
    return found


def _content(path):
    try:
        with zipfile.ZipFile(path) as archive:
            return {name: archive.read(name) for name in archive.namelist()}
    except FileNotFoundError:
        raise DataError("exchange_absent", file=str(path)) from None
    except (zipfile.BadZipFile, OSError, RuntimeError, zipfile.error):
        raise DataError("exchange_no_package", file=str(path)) from None


def _sha(content):
    return sha256(content).hexdigest()


def _table(content, name, path):
    """One table with exactly the columns that are declared."""
    texts = ("member", "month", "index", "model", "term", "with", "code", "digest", "values")
    texts = dict.fromkeys(TABLES[name], str) if name == "hypotheses.csv" else dict.fromkeys(texts, str)
    keep = {"keep_default_na": name != "hypotheses.csv"}
    frame = pd.read_csv(io.BytesIO(content), encoding="utf-8-sig", dtype=texts, **keep)
    odd = sorted({*frame.columns} - {MARK} ^ {*TABLES[name]})
    if odd:
        raise DataError("exchange_columns", file=str(path), part=name, column=odd[0])
    return frame.drop(columns=MARK, errors="ignore")


def _check_digests(found, path):
    """Every digest is that of the plan and the models inside, and every model that decides a hypothesis has one."""
    decisive = set(found.tables["hypotheses"]["model"]) & set(found.tables["estimates"]["model"])
    for model in sorted(decisive - set(found.tables["digests"]["model"])):
        raise DataError("exchange_digest", file=str(path), model=model)
    for row in found.tables["digests"].to_dict("records"):
        known = row["model"] in found.models
        if not known or digest(found.depends_on(row["model"])) != row["digest"]:
            raise DataError("exchange_digest", file=str(path), model=row["model"])


def _check_figures(found, path):
    """Figures agree with each other: an estimate lies in its interval, which is about as wide as its error says, unless
    it holds percentiles of replicates; it leaves out no effect (1 of a ratio) where p is small, unless it is part of a
    band, whose intervals hold together and p alone; a covariance is one of its two errors."""
    rows, level, reasons = found.tables["estimates"], found.confidence, found.estimates["reasons"]
    none = np.where(rows["scale"] == "ratio", 1.0, 0.0)
    low, high, p_value = rows["ci_low"], rows["ci_high"], rows["p_value"]
    slack = CLOSE * rows["estimate"].abs() + 1e-12
    outside = (rows["estimate"] < low - slack) | (rows["estimate"] > high + slack)
    narrow = high - low + slack < norm.ppf((1 + level) / 2) * rows["std_error"]  # half of what it would be
    of_none = (low > none + slack) | (high < none - slack)
    known, sides = low.notna() & high.notna(), (p_value < 0.8 * (1 - level), p_value > 1.25 * (1 - level))
    band = np.array([has(own, "band") for own in reasons], dtype=bool)
    percentiles = np.array([has(own, "bootstrap", "bootstrap_one_step") for own in reasons], dtype=bool)
    disagree = sides[0] & ~of_none & ~band | sides[1] & of_none
    odd = (outside | narrow) & ~percentiles | known & disagree
    if odd.any():
        row = rows[odd].iloc[0]
        raise DataError(
            "exchange_figures", file=str(path), part="estimates.csv", model=row["model"], term=row["term"]
        )
    errors = rows.dropna(subset=["std_error"]).drop_duplicates(["model", "term"])
    errors = errors.set_index(["model", "term"])["std_error"]
    for row in found.tables["covariances"].to_dict("records"):
        pair = [errors.get((row["model"], row[end])) for end in ("term", "with")]
        if None in pair or abs(row["covariance"]) > np.prod(pair) * (1 + 1e-3):
            raise DataError(
                "exchange_figures",
                file=str(path),
                part="covariances.csv",
                model=row["model"],
                term=row["term"],
            )


def _counts_of_persons(row):
    """Counts of observations of a row whose observations are persons."""
    counts = [row[name] for name in ("n_read", "n_used", "n_dropped") if pd.notna(row[name])]
    return [*counts, *json.loads(row["dropped_by_reason"]).values()]


def _check_counts(found, min_cell, path):
    """No figure with fewer than ``min_cell`` observations or events, no finer count, nothing of a single unit."""
    rows = found.tables["estimates"]
    rounded = np.zeros(len(rows), dtype=bool)
    reasons = found.tables["reasons"]
    rounded[reasons.loc[reasons["code"] == "rounded", "row"].to_numpy(dtype=int) - 1] = True
    for place, row in enumerate(rows.to_dict("records")):
        counts = {name: row[name] for name in ("n_used", "n_events") if pd.notna(row[name])}
        for name, n in counts.items():
            small = n < min_cell and (name == "n_events" or pd.notna(row["estimate"]))
            if small:
                raise DataError(
                    "exchange_small",
                    file=str(path),
                    model=row["model"],
                    term=row["term"],
                    n=int(n),
                    least=min_cell,
                )
        told = [counts["n_events"]] if "n_events" in counts else _counts_of_persons(row)
        exact = [n for n in told if n % found.manifest["min_cell"]] if rounded[place] else []
        if exact:
            raise DataError(
                "exchange_exact", file=str(path), model=row["model"], term=row["term"], n=int(exact[0])
            )
    tier = found.tables["common_tier"]
    if len(tier) and (tier["units"] < 2).any():
        month = tier.loc[tier["units"] < 2, "month"].iloc[0]
        raise DataError("exchange_one_unit", file=str(path), month=month)
    for name in ("common_tier", "anchors", "covariances"):
        texts = found.tables[name].select_dtypes(include=["object", "string"])
        if any(texts[column].astype(str).str.contains(BELOW_PROVINCE).any() for column in texts):
            raise DataError("exchange_unit", file=str(path), part=f"{name}.csv")
