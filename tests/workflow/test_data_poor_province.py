"""A province with units, tasks, app activity and a roster only: it runs to a report that says what was not provided."""

import csv

import pytest
import yaml
from conftest import copy_repository, snakemake

GIVEN = ("units", "tasks", "app_activity", "roster")
MONTHS = "20240[1-8]"  # few files, so that the run is short
FEWER = {"tasks": f"督查督办台账_{MONTHS}.csv", "app_activity": f"政务应用使用情况_{MONTHS}.csv"}
FIGURES = (
    "dose_response",
    "cumulative_incidence",
    "burnout_by_overload",
    "sample_flow",
    "forest",
    "index_over_time",
)


@pytest.fixture(scope="module")
def poor(tmp_path_factory):
    """The results of a province without cities, ledger, survey, documents, yearly data and policies."""
    folder = copy_repository(tmp_path_factory.mktemp("repository"))
    province = yaml.safe_load((folder / "config/provinces/sample.yaml").read_text(encoding="utf-8"))
    sources = [source for source in province["sources"] if source["table"] in GIVEN]
    for source in sources:
        source["files"] = [FEWER[source["table"]]] if source["table"] in FEWER else source["files"]
    sources[0]["ignore"] = ["所属市"]  # of the units; no table has the city then
    province |= {"sources": sources, "data": province["data"] | {"window": ["2024-01", "2024-08"]}}
    province["indices"] = {"reference_months": 6}
    text = yaml.safe_dump(province, allow_unicode=True)
    (folder / "config/provinces/poor.yaml").write_text(text, encoding="utf-8")
    snakemake(folder, "--cores", "2", province="poor")
    return folder / "results" / "poor"


def test_a_data_poor_province_runs_to_a_report(poor):
    for kind in ("docx", "pdf", "html"):
        assert (poor / "release" / f"report.{kind}").stat().st_size > 10_000
    for name in FIGURES:
        assert (poor / "release" / "figures" / f"{name}.png").is_file()


def test_the_release_names_the_tables_that_were_not_provided(poor):
    with open(poor / "release/tables/data_quality.csv", encoding="utf-8-sig", newline="") as file:
        files = {row["table"]: int(row["files"]) for row in csv.DictReader(file)}
    assert [table for table in GIVEN if not files[table]] == []
    assert {"ledger", "survey", "documents", "unit_year", "policies"} <= {
        t for t, n in files.items() if n == 0
    }
    assert files["all"] == sum(n for table, n in files.items() if table != "all")
