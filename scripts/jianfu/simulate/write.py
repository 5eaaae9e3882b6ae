"""Raw exports and truth files of one draw."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import yaml

from jianfu.core.spreadsheets import write_csv
from jianfu.simulate import raw_xlsx as xlsx
from jianfu.simulate.processes import spread
from jianfu.simulate.raw_apps import build_app_rows, write_apps
from jianfu.simulate.raw_days import build_day_rows, write_days
from jianfu.simulate.raw_people import ledger_book, roster_book
from jianfu.simulate.raw_survey import survey_books
from jianfu.simulate.raw_tables import write_documents, write_policies, write_unit_years, write_units
from jianfu.simulate.raw_tasks import task_parts, write_part
from jianfu.simulate.raw_text import SYNTHETIC, DateTexts, UnitTexts
from jianfu.simulate.raw_visits import build_visit_rows, visit_books
from jianfu.simulate.streams import Streams
from jianfu.simulate.structure import extraction_date

NOTE = f"# {SYNTHETIC}: parameters of an invented province; effects are known because they were put in.\n"


def write_raw(draw, folder, parameters, *, processes: int = 1) -> None:
    """Write the raw exports of ``draw`` to ``folder``, large files in so many ``processes``.

    Counts come first: rows are made so that reading them gives exactly the indicators, spells and answers of the draw.
    Damage (duplicates, rows that must be rejected, odd wordings) is added and never changes a real value.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    detail, own = draw.detail, parameters["raw"]
    streams = Streams(detail.seed)
    months, structure = detail.months, detail.structure
    extraction = extraction_date(months)
    texts = DateTexts("1960-01-01", extraction + 366 * parameters["people"]["service_years"] + 400)
    units = UnitTexts(structure)
    write_units(structure, extraction, texts, folder, streams)
    write_unit_years(draw.unit_year, structure, units, folder, streams)
    write_policies(draw.policies, texts, folder, streams)
    write_documents(detail, draw.unit_year, parameters, folder, streams)
    write_apps(build_app_rows(detail, streams), structure, months, units, own, folder, streams)
    days = build_day_rows(detail, parameters["apps"]["rest_day"]["worked"], streams)
    write_days(days, structure, texts, units, own, folder, streams)
    spread(write_part, task_parts(detail, own, units, folder), processes)
    spread(xlsx.write_workbook, _books(detail, texts, units, own, folder, streams), processes)


def _books(detail, texts, units, parameters, folder, streams):
    """The large workbooks (path, sheets), those that take longest first."""
    yield from visit_books(build_visit_rows(detail, streams), texts, units, parameters, folder, streams)
    yield from survey_books(detail, texts, parameters, folder, streams)
    yield roster_book(detail, texts, units, parameters, folder, streams)
    yield ledger_book(detail, texts, units, parameters, folder, streams)


def write_truth(draw, folder, parameters) -> None:
    """Write what is true of ``draw`` to ``folder``: parameters, pressure, exact probabilities, conditional means,
    clean indicators."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    text = yaml.safe_dump({"seed": draw.detail.seed, **parameters}, allow_unicode=True, sort_keys=False)
    (folder / "parameters.yaml").write_text(NOTE + text, encoding="utf-8")
    pressure = draw.pressure.assign(note=SYNTHETIC)
    write_csv(pressure, folder / "pressure.csv")
    for name in ("person_months", "survey_truth", "unit_month_truth", "unit_year_truth", "indicators"):
        table = pa.Table.from_pandas(getattr(draw, name), preserve_index=False)
        table = table.replace_schema_metadata({"note": SYNTHETIC})
        pyarrow.parquet.write_table(table, folder / f"{name}.parquet", compression="zstd")
