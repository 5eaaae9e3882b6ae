"""Links of parent and child tasks by the levels that issued them, and what models make of them."""

from pathlib import Path

import pandas as pd
import pytest
from miniature import CALENDAR, tables, task, unit_months
from told import told

from jianfu.config.files import read_yaml
from jianfu.indicators.evaluation import NOTHING_EXCLUDED
from jianfu.indicators.task_tables import build_task_tables
from jianfu.models import engine
from jianfu.models.estimators.common import Settings
from jianfu.models.spec import spec_of
from jianfu.models.tables.unit_years import chain_table

PLAN = read_yaml(Path(__file__).parents[2] / "config" / "plan" / "models.yaml")
UNITS = pd.DataFrame({"unit_code": ["A", "B"], "county_code": ["1", "2"], "valid_from": pd.NaT})


def links(levels):
    """Chains of units A and B whose tasks were issued by ``levels`` from the top; every step doubles the target, a
    little more in one unit and less in the other."""
    rows = []
    for unit in "AB":
        for k, level in enumerate(levels):
            parent = {"parent_task_id": f"{unit}{k - 1}"} if k else {}
            more = {"issuer_level": level} if level else {}
            target = (2.2 if unit == "A" else 2 / 1.1) ** k * (1.5 if k == 2 else 1)
            rows.append(task(unit, "2024-03-04", task_id=f"{unit}{k}", target_value=target, **parent, **more))
    source = tables(tasks=rows)
    window = ("2024-01", "2024-12")
    return build_task_tables(source, unit_months(), CALENDAR, window, window, NOTHING_EXCLUDED)[0]


def fit(name, chains):
    table = chain_table(chains, UNITS)
    return engine.fit_model(spec_of(PLAN, name), table, PLAN["categories"], Settings(bootstrap=0)).iloc[0]


def test_steps_name_the_levels_of_parent_and_child():
    found = links(["省", "市", "县", None, "乡"])
    assert found[found["unit_code"] == "A"].sort_values("level")["step"].tolist()[:2] == ["省→市", "市→县"]
    assert found["step"].isna().sum() == 4  # two at each unit touch the task of unknown level


def test_each_step_has_its_own_mean_and_drops_the_others():
    chains = links(["省", "市", "县"])
    assert fit("H16_province_to_city", chains)["estimate"] == pytest.approx(0.693147, abs=1e-6)
    row = fit("H16_city_to_county", chains)
    assert row["estimate"] == pytest.approx(0.693147 + 0.405465, abs=1e-6)
    assert (row["n_read"], row["n_used"], row["n_dropped"]) == (4, 2, 2)
    assert told(fit("H16_county_to_township", chains)).startswith("not estimable: no observations left")


def test_levels_that_nobody_recorded_are_named():
    row = fit("H16_province_to_city", links([None, None, None]))
    assert pd.isna(row["estimate"]) and "column issuer_level is absent" in told(row)
