"""A province file with nothing but an indicator panel runs, by the target of the indices and by default."""

import pandas as pd
from conftest import ROOT, copy_repository, snakemake

PROVINCE = """
province: {{name: {{en: Districts}}}}
indicators:
  data: {data}/districts.csv
  unit: district
  structure: {data}/districts_structure.csv
"""


def test_a_province_with_nothing_but_a_panel(tmp_path):
    folder = copy_repository(tmp_path)
    text = PROVINCE.format(data=ROOT / "tests" / "data" / "indicators")
    (folder / "config" / "provinces" / "own.yaml").write_text(text, encoding="utf-8")
    snakemake(folder, "indices", "--cores", "1", province="own")
    panel = folder / "results" / "own" / "release" / "panel"
    index = pd.read_csv(panel / "aggregated.csv", encoding="utf-8-sig").query("code == 'services'")["value"]
    assert len(index) == 24 and abs(index.mean()) < 0.2 and index.std() > 0.3
    again = snakemake(folder, "--cores", "1", "--dry-run", province="own")
    assert "Nothing to be done" in again.stdout + again.stderr
