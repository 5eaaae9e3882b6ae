"""Bilingual labels: one dictionary (config/plan/labels.csv) for figures, tables and report."""

import csv

from jianfu.core.errors import ConfigError

LANGUAGES = ("zh", "en")


class Labels:
    """Texts by key in one language.

    ``Labels("zh", "config/plan/labels.csv")("OD")`` gives the Chinese label of OD. Keyword arguments fill
    placeholders: ``labels("n_persons", n=12)``.
    """

    def __init__(self, language: str, path: str):
        if language not in LANGUAGES:
            raise ConfigError("language_unknown", language=language, names=LANGUAGES)
        self.language = language
        self.path = path
        with open(path, encoding="utf-8-sig", newline="") as file:
            self.texts = {row["key"]: row[language] for row in csv.DictReader(file)}

    def __call__(self, key: str, **values) -> str:
        if key not in self.texts:
            raise ConfigError("label_missing", path=str(self.path), key=key)
        return self.texts[key].format(**values) if values else self.texts[key]

    def __contains__(self, key: str) -> bool:
        return key in self.texts

    def name(self, text: str) -> str:
        """A name from the data as the dictionary has it (key ``name_<text>``), else as it stands.

        In English a department is known with its level before it as well: 县信访局 is "Petitions office (county)".
        """
        for size in (1, 2):
            level, rest = f"name_{text[:size]}", f"name_{text[size:]}"
            if self.language == "en" and f"name_{text}" not in self and level in self and rest in self:
                return f"{self(rest)} ({self(level)})"
        return self.texts.get(f"name_{text}", text)
