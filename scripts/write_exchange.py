"""Write the exchange package of a province: what leaves it for the picture of all provinces (make exchange).

1. Take the released estimates with their reasons, and what the gate passed beside them: common tier, covariances.
2. Add the plan as it was applied, the anchors of the common tier, and a digest of what each model depends on.
3. Write one zip with a page that says what is what, and read it back as whoever receives it would.

Fails where the package would be refused.
"""

import json
from pathlib import Path

import pandas as pd
from jinja2 import Template

from jianfu.config.files import read_yaml
from jianfu.core import logs
from jianfu.core.labels import Labels
from jianfu.indices.common_scale import member_anchors
from jianfu.indices.construction import read_anchors
from jianfu.provinces.package import read_package, table_bytes, write_package
from jianfu.release.vintage import AS_BEFORE


def main(inputs, province, settings, codes, output):
    wanted = read_yaml(inputs["pooling"])["tier"]
    record = json.loads(Path(inputs["record"]).read_text(encoding="utf-8"))
    models = {entry["name"]: entry for entry in read_yaml(inputs["models"])["models"]}
    tables = {
        name: pd.read_csv(inputs[name], encoding="utf-8-sig") for name in ("common_tier", "covariances")
    }
    estimates = pd.read_csv(inputs["estimates"], encoding="utf-8-sig")
    reasons = pd.read_csv(inputs["reasons"], encoding="utf-8-sig")
    tables["covariances"] = of_released(tables["covariances"], estimates, reasons)
    members = tables["common_tier"]["member"].unique() if len(tables["common_tier"]) else []
    tables["anchors"] = member_anchors(read_anchors(inputs["anchors"]), members)
    mark = Labels("zh", inputs["labels"])("synthetic_mark") if settings["province"]["synthetic"] else ""
    files = {f"{name}.csv": table_bytes(frame, f"{name}.csv", mark) for name, frame in tables.items()}
    files |= {
        f"{name}.csv": Path(inputs[name]).read_bytes() for name in ("estimates", "reasons", "hypotheses")
    }
    manifest = json.loads(Path(inputs["manifest"]).read_text(encoding="utf-8"))
    window = settings["data"]["window"]
    said = {
        "province": province,
        "name": settings["province"]["name"],
        "synthetic": settings["province"]["synthetic"],
        "min_cell": settings["disclosure"]["min_cell"],
        "window": window,
        "common": record["common"],
        "release": manifest["files"],
        "tier": [index for index in wanted if index in set(tables["common_tier"]["index"])],
    }
    readme = Template(Path(inputs["template"]).read_text(encoding="utf-8")).render(**said)
    record = {key: record[key] for key in ("settings", "tables")}
    seal = write_package(
        output, said=said, files=files, record=record, models=models, codes=codes, readme=readme, mark=mark
    )
    read_package(output, said["min_cell"])
    logs.LOGGER.info("%s: %s", output, seal)


def of_released(covariances, estimates, reasons):
    """The covariances that were released, of two terms that both have a released error of this fit: estimates that are
    those of the release before have another one. reasons: row (from 1) and code of the estimates."""
    before = set(reasons.loc[reasons["code"] == AS_BEFORE, "row"])
    own = [place + 1 not in before for place in range(len(estimates))]
    known = estimates[own].dropna(subset=["std_error"])
    pairs = set(zip(known["model"], known["term"], strict=True))
    shown = [
        (row["model"], row["term"]) in pairs and (row["model"], row["with"]) in pairs
        for row in covariances.to_dict("records")
    ]
    return covariances[shown].dropna(subset=["covariance"])


if __name__ == "__main__":
    logs.start(snakemake)
    main(
        inputs=dict(snakemake.input.items()),
        province=snakemake.wildcards.province,
        settings=snakemake.params.settings,
        codes=snakemake.params.codes,
        output=snakemake.output[0],
    )
