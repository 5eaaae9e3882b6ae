"""The sample and the demonstration with the usual columns only, from raw files to the report: the main question has an
answer, and the full columns do not contradict it. The two are pooled, from raw files to the national brief."""

import shutil
import subprocess
import sys

import pandas as pd
import pytest
import yaml
from conftest import ROOT, copy_repository, results, snakemake

from jianfu.simulate.streams import Streams

sys.path.append(str(ROOT / "tests" / "data" / "usual"))
from usual_exports import write_usual  # noqa: E402

MAIN = ("H1", "H2", "H3")
KEPT = ("乡镇街道名录.xlsx", "人员增减变动台账.xlsx", "减负文件目录.csv", "干部名册_期初.xlsx", "收发文登记_*.xls",
        "职业状态问卷_*.xlsx")  # fmt: skip  # what offices keep anyway, of the exports of the demonstration


def of_sample(folder):
    """Results of the province `usual` and of the sample."""
    raw = "tests/data/usual/raw"
    shutil.copytree(ROOT / raw, folder / raw)
    snakemake(folder, "--cores", "2", province="usual")
    snakemake(folder, "--cores", "2")
    return folder / "results" / "usual", results(folder)


def of_demonstration(folder):
    """Results of the demonstration written as a usual office would export it, by the drafted file, and of itself."""
    snakemake(folder, "--cores", "2", province="demo")
    full, raw = folder / "results" / "demo", folder / "exports"
    raw.mkdir()
    canonical = full / "restricted" / "canonical"
    tables = [
        pd.read_parquet(canonical / f"{name}.parquet") for name in ("tasks", "app_activity", "units")
    ]
    settings = yaml.safe_load((full / "provenance" / "config.yaml").read_text(encoding="utf-8"))
    write_usual(*tables, raw, settings["data"]["extraction_date"], Streams(1))
    for pattern in KEPT:
        for file in (full / "simulated" / "raw").glob(pattern):
            shutil.copy(file, raw)
    command = [sys.executable, "jianfu.py", "new-province", "office", str(raw)]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    file = folder / "config" / "provinces" / "office.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("synthetic: false", "synthetic: true", 1), encoding="utf-8")
    snakemake(folder, "--cores", "2", province="office")
    return folder / "results" / "office", full


@pytest.fixture(scope="module", params=[of_sample, of_demonstration], ids=["sample", "demonstration"])
def both(request, tmp_path_factory):
    """Folders of results on the usual columns, run as `make` runs them, and on all columns."""
    return request.param(copy_repository(tmp_path_factory.mktemp("repository")))


@pytest.fixture(scope="module")
def usual(both):
    return both[0]


def _primary(folder, index):
    """The primary estimates of the main hypotheses whose term is or begins with an index, by hypothesis and term."""
    rows = pd.read_parquet(folder / "restricted" / "estimates_full.parquet")
    own = rows["hypothesis"].isin(MAIN) & (rows["role"] == "primary") & rows["estimate"].notna()
    rows = rows[own & rows["term"].str.match(rf"{index}(:|$)")]
    return rows.assign(term=rows["term"].str.removeprefix(index)).set_index(["hypothesis", "model", "term"])


@pytest.fixture(scope="module")
def nation(both):
    """The project in which both are pooled, and the names of the two."""
    root, names = both[0].parents[1], [folder.name for folder in both]
    snakemake(root, "provinces", "--cores", "2", province=",".join(names))
    return root, names


def read(root, name):
    return pd.read_csv(root / "results" / "provinces" / f"{name}.csv", encoding="utf-8-sig")


@pytest.mark.slow
def test_both_are_pooled_on_the_common_tier(nation):
    root, names = nation
    pooled = read(root, "pooled")
    common = pooled[(pooled["tier"] == "common") & pooled["hypothesis"].isin(MAIN)]
    assert set(common["hypothesis"]) == set(MAIN)
    assert (common["provinces"] + common["deviating"]).le(2).all() and common["provinces"].eq(2).any()
    inside = common.dropna(subset=["estimate"])
    assert inside["estimate"].between(inside["ci_low"], inside["ci_high"]).all() and len(inside)
    assert set(read(root, "matrix")["province"]) == set(names)
    levels = read(root, "levels")
    assert len(levels) and set(levels["province"]) <= set(names)
    assert levels["common_scale"].between(20, 80).all()
    assert set(read(root, "plans").columns) > set(names)


@pytest.mark.slow
def test_their_packages_are_proved_and_the_brief_names_both(nation):
    root, names = nation
    for name in names:
        file = root / "results" / name / "release" / "exchange" / f"{name}.zip"
        command = [sys.executable, "jianfu.py", "exchange", "--verify", str(file)]
        done = subprocess.run(command, cwd=root, capture_output=True, text=True)
        assert done.returncode == 0 and "封签" in done.stdout, done.stdout + done.stderr
        (root / "other.zip").write_bytes(file.read_bytes()[:-9] + b"tampered!")
        done = subprocess.run([*command[:-1], "other.zip"], cwd=root, capture_output=True, text=True)
        assert done.returncode and len(done.stderr.strip().splitlines()) == 1, done.stderr
    page = (root / "results" / "provinces" / "brief.html").read_text(encoding="utf-8")
    assert all(name in page for name in read(root, "provinces")["name"])


@pytest.mark.slow
def test_the_common_tier_is_there(usual):
    """OD-C in at least 95 % of the logged unit-months."""
    months = pd.read_parquet(usual / "restricted" / "unit_months.parquet")
    logged = months.loc[months["tasks_logged"].astype(bool), ["unit_code", "month"]]
    indices = pd.read_parquet(usual / "restricted" / "indices.parquet").dropna(subset=["value"])
    found = logged.merge(indices[indices["index"] == "OD-C"], on=["unit_code", "month"])
    assert len(found) >= 0.95 * len(logged)


@pytest.mark.slow
def test_the_main_hypotheses_are_estimated_and_reported(usual):
    found = _primary(usual, "OD-C")
    assert set(MAIN) <= set(found.index.get_level_values("hypothesis"))
    assert (usual / "release" / "report.docx").stat().st_size > 20_000


@pytest.mark.slow
def test_no_verdict_is_contradicted_by_the_full_tier(both):
    """No effect that is significant on the usual columns has the other sign, significantly, on all columns."""
    common, full = _primary(both[0], "OD-C"), _primary(both[1], "OD")
    rows = common.join(full.add_suffix("_full"), how="inner")
    assert set(MAIN) <= set(rows.index.get_level_values("hypothesis"))
    firm = (rows["p_value"] < 0.05) & (rows["p_value_full"] < 0.05)
    assert not (firm & (rows["estimate"] * rows["estimate_full"] < 0)).any()
