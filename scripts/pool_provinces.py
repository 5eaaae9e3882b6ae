"""Pool what several provinces released, each in its exchange package (make provinces).

1. Prove every package, those of this machine and those that came from elsewhere.
2. Pool the estimates that rest on the same; list the others with what deviates.
3. Draw the counties of provinces on this machine to their province, and provinces to the nation.
4. Put the indices of the common tier on anchors of all provinces together.
5. Write estimates.csv and the tables of results/provinces.

Fails with one sentence where a package is refused, or where two are of the same province.
"""

from functools import partial
from pathlib import Path

import pandas as pd

from jianfu.config.files import read_yaml
from jianfu.core import logs
from jianfu.core.errors import DataError
from jianfu.core.labels import Labels
from jianfu.core.spreadsheets import write_csv
from jianfu.indices.common_scale import side_by_side
from jianfu.models.estimates import RELEASED_COLUMNS
from jianfu.models.tiers import TWIN, read_tiers
from jianfu.province.plan import plan_content
from jianfu.province.record import departures, plan_record
from jianfu.provinces.package import read_package
from jianfu.provinces.pooling import COMMON, nearest_first, plans_side_by_side, pool
from jianfu.release.outputs import DIGITS


def main(packages, counties, levels, plan, default, confidence, language, outputs):
    default, wanted = read_yaml(default), read_yaml(plan / "pooling.yaml")
    labels = Labels(language, str(plan / "labels.csv"))
    found = [read_package(path, default["disclosure"]["min_cell"]) for path in packages]
    names = [package.province for package in found]
    if len(set(names)) < len(names):
        raise DataError("exchange_twice", province=next(name for name in names if names.count(name) > 1))
    common = plan_record(plan, plan_content(plan, {}, ""), default)
    apart = partial(departed, plan, common)
    pools = pool(
        nearest_first(found, apart),
        read_tiers(plan / "tiers.csv"),
        confidence,
        wanted["least"],
        released_counties(counties, levels),
    )
    made = {one.province: (one.tables["common_tier"], one.tables["anchors"]) for one in found}
    tables = {
        "estimates": tidy(pools.pooled, labels),
        "pooled": pools.pooled,
        "shrunken": pools.shrunken,
        "leave_one_out": pools.leave_one_out,
        "nested": pools.nested,
        "counties": pools.counties,
        "deviating": pools.deviating,
        "matrix": pools.matrix,
        "levels": side_by_side(made, wanted["tier"]),
        "plans": plans_side_by_side(found, apart),
    }
    mark = labels("synthetic_mark") if any(package.manifest["synthetic"] for package in found) else ""
    for name, frame in tables.items():
        write_csv(frame, outputs[name], mark=mark, digits=DIGITS)
    said = [
        (one.province, one.manifest["name"][language], *one.manifest["window"], one.manifest["seal"])
        for one in found
    ]
    columns = ["province", "name", "first", "last", "seal"]
    write_csv(pd.DataFrame(said, columns=columns), outputs["provinces"], mark=mark)


def released_counties(files, levels):
    """Estimates of counties past the gate; ``files``, ``levels``: paths and levels of confidence by province."""
    parts = [
        pd.read_csv(path, encoding="utf-8-sig", dtype={"county_code": str}).assign(
            province=province, confidence=levels[province]
        )
        for province, path in files.items()
    ]
    return pd.concat(parts, ignore_index=True)


def departed(plan, common, record):
    """What a province changes of the common plan; the months of its data are no change."""
    changed = departures(plan, common, record)
    return [row for row in changed if not (row["table"] == "settings" and row["field"].startswith("window"))]


def tidy(pooled, labels):
    """The pooled estimates as rows of estimates like any other."""
    rows = pooled.dropna(subset=["estimate"])
    twin = rows["tier"].eq(COMMON).map({True: TWIN, False: ""})
    notes = [
        labels("note_pooled_provinces", k=int(row["provinces"]), df=int(row["q_df"]))
        for row in rows.to_dict("records")
    ]
    return rows.assign(
        province="provinces",
        model=rows["model"] + twin,
        role="pooled",
        specification="meta(REML; knha)",
        exposure=rows["term"],
        dropped_by_reason="{}",
        n_clusters=rows["provinces"],
        converged=True,
        vcov="knha",
        note=notes,
    ).reindex(columns=RELEASED_COLUMNS)


if __name__ == "__main__":
    logs.start(snakemake)
    main(
        packages=[*snakemake.input.packages, *snakemake.params.further],
        counties=dict(zip(snakemake.params.levels, snakemake.input.counties, strict=True)),
        levels=snakemake.params.levels,
        plan=Path(snakemake.params.plan),
        default=snakemake.input.default,
        confidence=snakemake.params.confidence,
        language=snakemake.params.language,
        outputs=dict(snakemake.output.items()),
    )
