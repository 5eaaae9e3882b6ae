"""Which rules follow which part of the library: a module stands only in the digests of what uses it."""

import re
from pathlib import Path

import pytest

from jianfu.core.provenance import modules_used
from jianfu.models.estimators.vocabulary import modules_of

SCRIPTS = Path(__file__).parents[2] / "scripts"
RULES = sorted(
    name
    for file in (SCRIPTS.parent / "workflow" / "rules").glob("*.smk")
    for name in re.findall(r'code\("(\w+)"', file.read_text(encoding="utf-8"))
)


def rules_with(module):
    """Rules whose script imports ``module`` (path below scripts/jianfu), itself or through others."""
    wanted = SCRIPTS / "jianfu" / module
    assert wanted.is_file()
    return {rule for rule in RULES if wanted in modules_used(rule, SCRIPTS)}


MODELS = {"fit_models", "build_targets"}


@pytest.mark.parametrize(
    "module, used, not_used",
    [
        (
            "ingest/tables.py",
            {"ingest_table"},
            {"count_rows", "check_rejects", "build_quality_report"} | MODELS,
        ),
        (
            "indicators/views.py",
            {"build_indicators"},
            {"ingest_table", "build_exposures", "build_hazard_cells"},
        ),
        ("indices/engine/pipeline.py", {"build_indices"}, {"build_indicators", "build_hazard_cells"}),
        (
            "exits/cells.py",
            {"build_hazard_cells"},
            {"build_indicators", "build_survey_scores", "build_indices"},
        ),
        ("models/engine.py", MODELS, {"build_indices", "build_check_exposures", "build_publication"}),
        ("survey/scale_quality.py", {"build_scale_quality"}, {"build_survey_scores"} | MODELS),
        ("report/document/build.py", {"render_report"}, {"tabulate_results", "build_publication"} | MODELS),
        ("core/provenance.py", {"record_provenance"}, {"ingest_table", "tabulate_results"} | MODELS),
        ("config/schema.py", set(), {"ingest_table", "build_indices", "build_publication"} | MODELS),
    ],
)
def test_a_module_stands_in_the_digests_of_what_uses_it(module, used, not_used):
    found = rules_with(module)
    assert used <= found and not not_used & found


def test_packages_hold_no_code():
    """What a package imports would stand in the digest of everything that names one of its modules."""
    for file in (SCRIPTS / "jianfu").rglob("__init__.py"):
        text = file.read_text(encoding="utf-8")
        assert "import " not in re.sub(r'""".*?"""', "", text, flags=re.S), file


def test_a_rule_follows_the_estimators_that_its_models_name_and_no_others():
    assert modules_of(["logit", "ols", "cloglog"]) == [
        "jianfu.models.estimators.hazards",
        "jianfu.models.estimators.ols",
    ]
