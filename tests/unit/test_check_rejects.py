"""A sheet with too many rejected rows stops the run; the books are already written."""

import pandas as pd
import pytest

from jianfu.core.errors import DataError
from jianfu.ingest.quality import pass_rejects, write_csv

COUNTS = pd.DataFrame(
    [
        ("a.csv", "", "kept", "", "", 90),
        ("a.csv", "", "duplicate", "", "", 4),
        ("a.csv", "", "nondata", "", "", 900),
        ("a.csv", "", "rejected", "unknown_unit", "unit_code", 4),
        ("a.csv", "", "rejected", "missing_required", "task_id", 2),
        ("a.csv", "", "bad_optional_value", "", "due_at", 50),
        ("b.xlsx", "空表", "nondata", "", "", 3),
    ],
    columns=["file", "sheet", "outcome", "reason", "column", "rows"],
)


def _check(folder, limit):
    write_csv(COUNTS, folder / "row_counts.csv")
    pass_rejects(
        folder / "row_counts.csv", limit, "restricted/quarantine", "report.html", folder / "checked.txt"
    )


def test_share_is_of_the_data_rows(tmp_path):
    _check(tmp_path, 0.06)
    assert (tmp_path / "checked.txt").read_text() == "2 sheets, none with more than 6.0% rejected rows\n"


def test_one_sentence_names_file_reason_and_quarantine(tmp_path):
    with pytest.raises(DataError) as error:
        _check(tmp_path, 0.059)
    assert str(error.value) == (
        "a.csv: 6 of 100 rows were rejected (6.0%, limit 5.9%), most of them as unknown_unit (Unknown unit); "
        "the rows are listed in restricted/quarantine, and what to do about them in report.html."
    )
    assert not (tmp_path / "checked.txt").exists()
