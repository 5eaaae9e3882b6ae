"""What the indices are for in tables and figures (config/plan/index_roles.csv: index, role).

``leading``   the one whose exposure divides months and units into groups, and whose map and ranks of counties are shown
``burden``    drawn month by month beside it
``described`` in the table of descriptives only

All the others are exposures of models and nothing else.
"""

import pandas as pd

LEADING, BURDEN = "leading", "burden"
ROLES = (LEADING, BURDEN, "described")


def read_roles(path: str) -> pd.DataFrame:
    """The table of roles in its order."""
    return pd.read_csv(path, encoding="utf-8-sig")


def leading(roles: pd.DataFrame) -> str:
    """Code of the leading index."""
    return roles.loc[roles["role"] == LEADING, "index"].item()


def drawn(roles: pd.DataFrame) -> list[str]:
    """Codes of the indices that are drawn month by month."""
    return roles.loc[roles["role"].isin((LEADING, BURDEN)), "index"].tolist()
