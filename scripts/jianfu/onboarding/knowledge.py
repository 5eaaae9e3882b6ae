"""What is known before looking: canonical tables, usual headings and wordings, words that hint at something."""

import csv
from pathlib import Path

from jianfu.config.files import read_yaml
from jianfu.core.messages import message, spoken
from jianfu.core.reasons import Reason
from jianfu.core.tables import RAW
from jianfu.ingest.headings import IGNORED, PERSONAL, SECOND, Dictionary, Matcher, normal_heading
from jianfu.ingest.schema import load_responses, load_tables
from jianfu.ingest.values import Wordings

TABLES = tuple(sorted(RAW, key=lambda table: table == "punches"))  # what few files are comes last
# How sure a proposal is; the codes of its words.
HIGH, MEDIUM, LOW = "sure_high", "sure_medium", "sure_low"


class Knowledge:
    """The common plan as onboarding uses it; ``root`` is the folder of the repository.

    ``hints``: {kind: {name: pattern of words}} of config/plan/hints.csv: words in file, sheet or title that hint at a
    table, words of a heading that hint at a column, name it beyond doubt (exact) or in doubt (loose), say that it is
    another (against) or that the table is no such table (never), words of statements of a questionnaire (item), names
    of scales (scale), words of offices by their level (office_level), and words that stand for a value of
    a column that is lacking.
    """

    def __init__(self, root):
        self.root = Path(root)
        self.plan = self.root / "config" / "plan"
        self.schema = self.root / "workflow" / "schemas" / "canonical.yaml"
        self.default = read_yaml(self.root / "config" / "default.yaml")
        self.tables = load_tables(self.schema, self.plan / "scales.yaml")
        scales = read_yaml(self.plan / "scales.yaml")
        self.scales, self.variants = scales["scales"], scales["variants"]
        self.responses = load_responses(self.plan / "scales.yaml")
        self.wordings = Wordings(self.plan / "values.csv")
        self.null_tokens = set(self.default["data"]["null_tokens"])
        self.dictionaries = {t: Dictionary(self.plan / "headings.csv", t) for t in TABLES}
        self.headings, self.sharing = self._read_headings()
        self.hints = {}
        with open(self.plan / "hints.csv", encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                self.hints.setdefault(row["kind"], {})[row["name"]] = row["words"]
        self.matchers = {table: self.matcher(table, {}) for table in TABLES}

    def _read_headings(self):
        """{table: {column: [headings]}}, and how many tables know a heading."""
        headings, sharing = {table: {} for table in TABLES}, {}
        with open(self.plan / "headings.csv", encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                if row["table"] in headings and row["column"] not in (PERSONAL, IGNORED):
                    column = row["column"].removeprefix(SECOND)
                    headings[row["table"]].setdefault(column, []).append(row["heading"])
                    sharing.setdefault(normal_heading(row["heading"]), set()).add(row["table"])
        return headings, {heading: len(tables) for heading, tables in sharing.items()}

    def matcher(self, table, source):
        return Matcher(self.dictionaries[table], source, self.tables[table].known)

    def column_type(self, table, name):
        """Type of a canonical or input column."""
        column = self.tables[table].columns.get(name)
        cells = {
            "unit_name": "unit",
            "county_name": "county",
            "city_name": "county",
            "id_number": "person_id",
            "employee_id": "id",
        }
        cells |= {
            "period": "period",
            "title": "title",
            "issuer": "office",
            "state": "category",
            "feedback_at": "time",
        }
        cells |= {"destination": "office", "punched_at": "clock", "punched_on": "date"}
        if (table, name) == ("policies", "county_code"):
            return "area"  # by code or by name
        return cells.get(name) or (column.type if column else "text")

    def column_name(self, table: str, name: str | Reason) -> str:
        """What a column is called: in Chinese by the first heading of the dictionary, in English by its name."""
        if isinstance(name, Reason):
            return message(name)
        return self.headings[table].get(name, [name])[0] if spoken() == "zh" else name
