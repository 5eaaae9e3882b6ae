"""Which name a misspelt one was meant to be."""

import pytest

from jianfu.core.spelling import nearest

COLUMNS = [
    "OD_lead",
    "education",
    "sex",
    "lock",
    "voluntary",
    "county",
    "city_name",
    "cohort_80s",
    "month",
    "entry_route",
    "leader",
]
TYPES = ["辞职", "遴选", "考录", "调出", "借调", "退休"]


@pytest.mark.parametrize(
    "word, names, meant",
    [
        ("volunary", COLUMNS, "voluntary"),
        ("OD_leed", COLUMNS, "OD_lead"),
        ("lcok", COLUMNS, "lock"),
        ("one_county_uot", ["one_county_out"], "one_county_out"),  # two letters changed places
        ("sx", COLUMNS, "sex"),
        ("Sex", COLUMNS, "sex"),
        ("edu", COLUMNS, "education"),  # its beginning
        ("H99", ["H19", "H9", "H3"], "H9"),  # of two that are as alike the one that begins alike
        ("survey", ["survey_scores", "task_years"], "survey_scores"),
        ("survey_score", ["survey", "survey_scores"], "survey_scores"),  # a slip before a part
        ("县委", ["乡", "县", "市"], "县"),
        ("防汛抗早", ["防汛抗旱", "森林防火"], "防汛抗旱"),
        ("巴陵县", ["凤岭镇", "巴岭县"], "巴岭县"),
        ("抗旱", ["防汛抗旱", "森林防火"], "防汛抗旱"),
    ],
)
def test_what_was_meant(word, names, meant):
    assert nearest(word, names) == meant


@pytest.mark.parametrize(
    "word, names",
    [
        ("unit_name", COLUMNS),  # not city_name
        ("cohort_90s", COLUMNS),  # not cohort_80s
        ("gender", COLUMNS),  # not leader
        ("event_label", COLUMNS),  # not entry_route
        ("integer", ["count", "number", "boolean", "text"]),
        ("own_mesages", ["own_resident", "unit_year", "app_days"]),
        ("before_after", ["forest", "explore"]),
        ("调走", TYPES),
        ("跳槽", TYPES),
        ("是", ["True", "False"]),
        ("", TYPES),
        ("a", ["alpha_beta"]),
        ("x", []),
    ],
)
def test_where_nothing_is_near_nothing_is_said(word, names):
    assert nearest(word, names) is None


def test_a_part_of_a_name_is_no_slip():
    assert nearest("H1_burnout_young", ["H1_burnout"], parts=False) is None
    assert nearest("H1_burnot", ["H1_burnout"], parts=False) == "H1_burnout"
