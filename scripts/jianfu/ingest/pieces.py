"""What reading a block of files gives, in memory and on disk, so that several jobs can share the reading."""

import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import pandas as pd

from jianfu.ingest.spill import Part
from jianfu.ingest.stage import SourceSheet

BOOKS, REJECTS, SEVERAL = "books.json", "rejects.arrow", "several.arrow"


@dataclass
class Read:
    """What reading a block gave: its rows on disk, and its books, in which sheets are numbered from 0.

    ``sheets``, ``columns``, ``notices`` and ``mapped`` as of :class:`jianfu.ingest.stage.Staging`; ``remarks``
    {(kind of notice, column): rows}; frames ``rejects`` (src, row, column, reason, value) and ``several`` (src, row,
    units).
    """

    parts: list[Part]
    sheets: list[SourceSheet]
    columns: list[dict]
    notices: list[dict]
    mapped: set[str]
    remarks: dict[tuple[str, str], int]
    rejects: list[pd.DataFrame] = field(default_factory=list)
    several: list[pd.DataFrame] = field(default_factory=list)

    def numbered(self, first: int) -> "Read":
        """The same with sheets numbered from ``first``."""
        frames = {
            name: [frame.assign(src=(frame["src"] + first).astype(frame["src"].dtype)) for frame in frames]
            for name, frames in (("rejects", self.rejects), ("several", self.several))
        }
        sheets = [replace(sheet, number=sheet.number + first) for sheet in self.sheets]
        return replace(self, parts=[replace(p, first=first) for p in self.parts], sheets=sheets, **frames)

    def save(self, folder: Path) -> None:
        """Write the books beside the rows, which are in ``folder`` already."""
        books = {
            "parts": [
                {"rows": [p.path.name, p.rows], "odd": p.odd and p.odd.name, "keys": p.keys}
                for p in self.parts
            ],
            "sheets": [asdict(sheet) for sheet in self.sheets],
            "columns": self.columns,
            "notices": self.notices,
            "mapped": sorted(self.mapped),
            "remarks": [[*key, rows] for key, rows in self.remarks.items()],
        }
        (folder / BOOKS).write_text(json.dumps(books, ensure_ascii=False), encoding="utf-8")
        for frames, name in ((self.rejects, REJECTS), (self.several, SEVERAL)):
            if frames:
                pd.concat(frames, ignore_index=True).to_feather(folder / name, compression="uncompressed")

    @classmethod
    def load(cls, folder: Path) -> "Read":
        """What :meth:`save` wrote into ``folder``."""
        books = json.loads((folder / BOOKS).read_text(encoding="utf-8"))
        parts = [
            Part(
                folder / part["rows"][0], part["rows"][1], part["odd"] and folder / part["odd"], part["keys"]
            )
            for part in books["parts"]
        ]
        rejects, several = (
            [pd.read_feather(folder / name)] if (folder / name).is_file() else []
            for name in (REJECTS, SEVERAL)
        )
        return cls(
            parts=parts,
            sheets=[SourceSheet(**sheet) for sheet in books["sheets"]],
            columns=books["columns"],
            notices=books["notices"],
            mapped=set(books["mapped"]),
            remarks={(kind, column): rows for kind, column, rows in books["remarks"]},
            rejects=rejects,
            several=several,
        )
