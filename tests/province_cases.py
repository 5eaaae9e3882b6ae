"""A province file in a folder of its own, with the raw files that it names, for tests of settings."""

from pathlib import Path

from jianfu.commands import settings as settings_of
from jianfu.core.messages import speak

ROOT = Path(__file__).resolve().parents[1]
FILE = "config/provinces/sichuan.yaml"
MINIMAL = """
province: {name: {zh: 测试省, en: Test}, synthetic: true}
data: {folder: raw, window: ["2024-01", "2025-06"]}
sources:
  - {table: units, files: [units.xlsx]}
  - {table: tasks, files: [tasks.csv]}
  - {table: app_activity, files: [app.csv]}
  - {table: roster, files: [roster.xlsx]}
"""
FURTHER = """  - {table: ledger, files: [ledger.xlsx]}
  - {table: survey, files: [survey.csv]}
  - {table: unit_year, files: [year.csv]}
"""
RAW = ("units.xlsx", "tasks.csv", "app.csv", "roster.xlsx", "ledger.xlsx", "survey.csv", "year.csv")


def load_command(command):
    """Settings of a command; what goes wrong is said in English, whatever the province speaks."""
    try:
        return settings_of.load_command(command, ROOT)
    finally:
        speak("en")


def province_loader(folder, monkeypatch):
    """Function that loads the minimal province file in ``folder`` with some text added to it."""
    raw = folder / "config" / "provinces" / "raw"
    raw.mkdir(parents=True)
    for name in RAW:
        (raw / name).touch()
    monkeypatch.chdir(folder)

    def load(extra="", base=MINIMAL):
        Path(FILE).write_text(base + extra, encoding="utf-8")
        return settings_of.load_checked("sichuan", ROOT, ["config/provinces"])

    return load
