"""A simulated province: the workflow writes its raw files, reads them and records what the run was made with."""

import json

import yaml
from conftest import copy_repository, snakemake

from jianfu.config.merging import merge


def test_a_simulated_province_is_read_and_recorded(tmp_path):
    folder = copy_repository(tmp_path)
    parameters = folder / "config/simulation.yaml"
    declared = yaml.safe_load(parameters.read_text(encoding="utf-8"))
    small = merge(declared, declared["small"])
    parameters.write_text(yaml.safe_dump(small, allow_unicode=True), encoding="utf-8")
    base = folder / "results/demo"
    tables = ("units", "policies")
    snakemake(
        folder,
        str(base.relative_to(folder) / "provenance/run.json"),
        *(f"results/demo/restricted/canonical/{table}.parquet" for table in tables),
        "--cores",
        "2",
        province="demo",
    )
    inputs = json.loads((base / "provenance/run.json").read_text(encoding="utf-8"))["inputs"]
    raw = base / "simulated/raw"
    assert list(inputs) == sorted(
        file.relative_to(raw).as_posix() for file in raw.rglob("*") if file.is_file()
    )
    assert all((base / "restricted/canonical" / f"{table}.parquet").stat().st_size for table in tables)
