"""Reading a declared model: what an entry may say, and in which forms."""

from dataclasses import FrozenInstanceError

import pytest
from province_cases import ROOT

from jianfu.config.files import read_yaml
from jianfu.core.errors import ConfigError
from jianfu.models.spec import ALL, ModelSpec, spec_of, specs_of

PLAN = read_yaml(ROOT / "config" / "plan" / "models.yaml")


def test_one_name_and_a_list_of_one_are_the_same_model():
    one = ModelSpec.of({"estimator": "ols", "outcome": "y", "cluster": "unit", "terms": ["x"]})
    assert one == ModelSpec.of({"estimator": "ols", "outcome": ["y"], "cluster": ["unit"], "terms": ["x"]})
    assert (one.outcome, one.cluster, one.outcome_name) == ("y", "unit", "y")


def test_causes_are_added_up_and_durations_are_named_by_their_event():
    assert ModelSpec.of({"outcome": ["resign", "transfer"]}).outcome_name == "resign+transfer"
    assert ModelSpec.of({"event": "left", "exit": "days"}).outcome_name == "left"


def test_what_is_reported_is_nothing_said_a_list_or_all():
    assert ModelSpec.of({"terms": ["x"]}).report is None
    assert ModelSpec.of({"report": ["x"]}).report == ("x",)
    assert ModelSpec.of({"report": "all"}).report == ALL


def test_a_key_that_no_model_has_is_named_with_the_nearest_one():
    with pytest.raises(ConfigError, match="the model 'H9' has no key 'clusters'.*cluster") as stopped:
        ModelSpec.of({"name": "H9", "clusters": "unit"})
    assert stopped.value.reason.code == "model_lacks_key"


def test_a_change_makes_another_model_and_leaves_the_first():
    first = ModelSpec.of({"name": "a", "terms": ["x"], "effects": ["unit"]})
    other = first.changed({"terms": ["z"], "cluster": "county"})
    assert (other.terms, other.effects, other.cluster) == (("z",), ("unit",), "county")
    assert first.terms == ("x",) and first.cluster == ""
    with pytest.raises(FrozenInstanceError):
        first.terms = ("z",)


def test_the_plan_is_read_in_its_order_and_a_name_it_lacks_is_refused():
    assert [spec.name for spec in specs_of(PLAN)] == [entry["name"] for entry in PLAN["models"]]
    assert spec_of(PLAN, "H2_exits") == ModelSpec.of(
        next(entry for entry in PLAN["models"] if entry["name"] == "H2_exits")
    )
    with pytest.raises(ConfigError, match="the model 'H99' is not declared"):
        spec_of(PLAN, "H99")
