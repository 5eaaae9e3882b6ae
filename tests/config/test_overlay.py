"""What a province changes of the common plan, and what is refused before any job."""

import json
import re
import zipfile
from pathlib import Path

import pytest
from province_cases import FILE, MINIMAL, ROOT, province_loader

from jianfu.config.overlay import read_plan_file, read_tables, rows_of, write_plan_file
from jianfu.core.errors import ConfigError
from jianfu.exits.definitions import definitions_of
from jianfu.ingest.schema import arrow_schemas
from jianfu.province.plan import deviations, plan_content, read_deviations, write_deviations
from jianfu.scenarios.plan_check import check_scenarios

PLAN = ROOT / "config" / "plan"
SCHEMA = ROOT / "workflow" / "schemas" / "canonical.yaml"


@pytest.fixture
def load(tmp_path, monkeypatch):
    return province_loader(tmp_path, monkeypatch)


def content_of(settings):
    return plan_content(PLAN, settings["plan"], FILE)


OWN_SOURCE = """
  - {table: own, name: messages, files: [year.csv], columns: {乡镇: unit_name, 条数: weekend}, types: {weekend: count}}
"""


def test_an_own_table_is_a_source_by_its_full_name(load):
    indicator = "{label_zh: 消息, source: messages, expression: sum(weekend)}"
    with pytest.raises(ConfigError, match="names 'messages', .* did you mean 'own_messages'"):
        load(f"plan: {{indicators: {{X1: {indicator}}}}}\n", base=MINIMAL.rstrip() + OWN_SOURCE)


def test_a_table_and_an_indicator_of_ones_own(load):
    settings = load(
        "plan: {indicators: {X1: {label_zh: 消息, source: own_messages, expression: sum(weekend), needs: weekend}}}\n",
        base=MINIMAL.rstrip() + OWN_SOURCE,
    )
    assert settings["sources"][-1]["table"] == "own_messages"
    row = next(r for r in content_of(settings)("indicators.csv") if r["code"] == "X1")
    assert (row["label_en"], row["denominator"], row["index"]) == ("消息", "none", "")


def test_sources_are_the_same_in_whatever_order_their_keys_are_written(load):
    """What a table is read by re-reads it where it changes, so the order of keys must not be part of it."""
    said = """
  - {types: {weekend: count}, table: own, columns: {条数: weekend, 乡镇: unit_name}, files: [year.csv], name: messages}
"""
    (one, other) = (load(base=MINIMAL.rstrip() + text)["sources"] for text in (OWN_SOURCE, said))
    assert json.dumps(one) == json.dumps(other) and one[-1]["columns"] == {
        "乡镇": "unit_name",
        "条数": "weekend",
    }


def test_an_own_column_of_the_roster_is_a_variable_of_persons(load):
    roster = "files: [roster.xlsx], columns: {是否驻村: own_resident}, types: {own_resident: boolean}}"
    terms = (
        'terms: [OD, "OD:own_resident"], where: {own_resident: true}, effects: [unit, month], cluster: unit'
    )
    model = f"{{estimator: cloglog, data: hazard_own, outcome: voluntary, label_zh: 驻村, {terms}}}"
    base = MINIMAL.replace("files: [roster.xlsx]}", roster)
    settings = load(f"plan: {{models: {{P4: {model}}}}}\n", base=base)
    assert settings["plan"]["models"]["P4"]
    words = {row["key"]: row["zh"] for row in content_of(settings)("labels.csv")}
    assert words["own_resident"] == "是否驻村"  # what the heading says
    with pytest.raises(ConfigError, match="names the column 'own_resident', which the table does not have"):
        load(f"plan: {{models: {{P4: {model}}}}}\n")


SOURCES_REFUSED = {
    "no name": (
        "{table: own, files: [year.csv], types: {n: count}}",
        "'sources[5]' lacks the key 'name'; add it.",
    ),
    "no types": ("{table: own, name: m, files: [year.csv]}", "'sources[5]' lacks the key 'types'; add it."),
    "no type": (
        "{table: own, name: m, files: [year.csv], types: {}}",
        "'sources[5].types' must have at least 1 entry, not 0.",
    ),
    "type": (
        "{table: own, name: m, files: [year.csv], types: {n: integer}}",
        "'sources[5].types.n' cannot be 'integer'; valid are count, number, boolean, text.",
    ),
    "type of a built-in column": (
        "{table: own, name: m, files: [year.csv], types: {month: count}}",
        "'month' of 'sources[5].types' is a column that every such table has",
    ),
    "two types": (
        "{table: own, name: m, files: [year.csv], types: {n: count}}\n"
        "  - {table: own, name: m, files: [survey.csv], types: {n: text}}",
        "'sources[6].types' gives 'n' a second type.",
    ),
    "column without a type": (
        "{table: own, name: m, files: [year.csv], columns: {条数: m}, types: {n: count}}",
        "'sources[5].columns' maps '条数' to 'm'",
    ),
    "own column of a common table without a type": (
        "{table: unit_year, files: [year.csv], columns: {驻村: own_resident}}",
        "'sources[5].types' lacks the key 'own_resident'; add it.",
    ),
    "own column of a common table": (
        "{table: unit_year, files: [year.csv], columns: {驻村: resident}, types: {resident: boolean}}",
        "'resident' of 'sources[5].types' is a column added to a common table; its name must begin with own_.",
    ),
}


@pytest.mark.parametrize("source, sentence", SOURCES_REFUSED.values(), ids=SOURCES_REFUSED.keys())
def test_an_own_source_that_cannot_be_is_refused(load, source, sentence):
    with pytest.raises(ConfigError) as caught:
        load(base=f"{MINIMAL.rstrip()}\n  - {source}\n")
    assert sentence in str(caught.value)


def test_what_is_new_has_the_words_that_the_province_gives_it(load):
    """One label is enough: the short one of an index and that of an outcome follow."""
    settings = load(
        "plan:\n"
        "  indices: {SHEETS: {B1_tables: 2, C1_items: 1}}\n"
        "  scales: {strain: {items: [SL1, SL2], range: [1, 5]}}\n"
        "  labels: {SHEETS: {zh: 表格负担指数, en: Forms index}, strain: {zh: 睡眠困扰}}\n",
        base=MINIMAL.rstrip() + "\n  - {table: survey, files: [survey.csv], columns: {甲: SL1, 乙: SL2}}\n",
    )
    words = {row["key"]: (row["zh"], row["en"]) for row in content_of(settings)("labels.csv")}
    assert words["SHEETS"] == words["short_SHEETS"] == ("表格负担指数", "Forms index")
    assert words["strain"] == words["outcome_strain"] == ("睡眠困扰", "睡眠困扰")


def test_what_is_read_is_written_alike(tmp_path):
    for table in read_tables(PLAN).values():
        content = read_plan_file(PLAN / table.file)
        write_plan_file(content, tmp_path / table.file)
        assert read_plan_file(tmp_path / table.file) == content
        assert rows_of(table, content)


OLS = "label_zh: 甲, estimator: ols, data: survey_scores, outcome: burnout, effects: [unit, wave], cluster: unit"
REFUSED = {
    "item that no source has": (
        "{scales: {strain: {items: [SL1], range: [1, 5]}}}",
        "no source has the item 'SL1' of 'plan.scales.strain'; say under 'columns' of the survey which heading it is",
    ),
    "off in quotes": (
        "{hypotheses: {H19: 'off'}}",
        "'plan.hypotheses.H19' must be a group of keys, or off (without quotes) to switch it off, not 'off'.",
    ),
    "need of a new row that is empty": (
        "{indicators: {X1: {label_zh: 甲, source: tasks, expression: ''}}}",
        "'plan.indicators.X1' lacks the key 'expression'; add it.",
    ),
    "unknown table": ("{cohort: {85后: 1985}}", "unknown key 'plan.cohort'; did you mean 'plan.cohorts'?"),
    "row switched off that is not there": (
        "{models: {H2_exit: off}}",
        "'plan.models.H2_exit' switches off a row that the common plan does not have; did you mean 'H2_exits'?",
    ),
    "row changed that is not there": (
        "{models: {H2_exit: {controls: [cohort]}}}",
        "the common plan has no 'plan.models.H2_exit'; did you mean 'H2_exits'?",
    ),
    "new row without what it needs": (
        "{models: {P1: {estimator: ols, outcome: burnout, terms: [OD]}}}",
        "'plan.models.P1' lacks the key 'data'; add it.",
    ),
    "column of an indicator": (
        "{indicators: {A1_tasks: {min_coverge: 0.5}}}",
        "unknown key 'plan.indicators.A1_tasks.min_coverge'; did you mean 'min_coverage'?",
    ),
    "number of an indicator": (
        "{indicators: {A1_tasks: {min_coverage: half}}}",
        "the min_coverage of A1_tasks must be a number, not 'half'.",
    ),
    "denominator": (
        "{indicators: {A1_tasks: {denominator: heads}}}",
        "A1_tasks has the denominator 'heads'; permitted are",
    ),
    "source of an indicator": (
        "{indicators: {X1: {label_zh: 甲, source: own_mesages, expression: sum(n)}}}",
        "'plan.indicators.X1.source' names 'own_mesages', which does not exist; valid are tasks, task_issuers",
    ),
    "column that an indicator needs": (
        "{indicators: {X1: {label_zh: 甲, source: tasks, expression: number(is_task), needs: is_vetto}}}",
        "'plan.indicators.X1.needs' names 'is_vetto', which does not exist; did you mean 'is_veto'?",
    ),
    "expression of an indicator": (
        "{indicators: {X1: {label_zh: 甲, source: tasks, expression: number(is_tusk)}}}",
        "X1",
    ),
    "row that is no group": (
        "{models: {H2_exits: ols}}",
        "'plan.models.H2_exits' must be a group of keys, or off (without quotes) to switch it off, not 'ols'.",
    ),
    "member": (
        "{indices: {OD: {A1_task: 1}}}",
        "'plan.indices.OD.A1_task' names 'A1_task', which does not exist; did you mean 'A1_tasks'?",
    ),
    "weight": (
        "{indices: {OD: {A1_tasks: 0}}}",
        "the weight of plan.indices.OD.A1_tasks must be above zero.",
    ),
    "all rows off": (
        "{tables: {main_regression: off}}",
        "'plan.tables' switches off every row; leave one.",
    ),
    "cohort that is no year": (
        "{cohorts: {85后: 一九八五}}",
        "'cohorts' has '一九八五', which is no year of birth; write a year of four digits",
    ),
    "cohort of two digits": ("{cohorts: {85后: 85}}", "'cohorts' has '85', which is no year of birth"),
    "band before the first month": (
        "{tenure_bands: {3-4: -48}}",
        "'tenure_bands' has '-48', which is no number of months above zero",
    ),
    "a second open cohort": ("{cohorts: {更早: null}}", "the limits of 'cohorts' must be in order"),
    "destination that is upward": (
        "{upward: [县委]}",
        "'plan.upward' names '县委', which does not exist; did you mean '县'?",
    ),
    "key of secondments": (
        "{secondment: {withn: 12}}",
        "'plan.secondment' names 'withn', which does not exist; did you mean 'within'?",
    ),
    "months of secondments": (
        "{secondment: {within: 一年}}",
        "'secondment.within' has '一年', which is no number of months above zero",
    ),
    "table of another unit": (
        "{models: {P1: {estimator: cloglog, data: survey_scores, outcome: voluntary, terms: [OD], effects: [unit]}}}",
        "plan.models.P1: 'outcome' names the column 'voluntary', which the table does not have",
    ),
    "option two levels deep": (
        "{models: {H2_exits: {options: {contrast: []}}}}",
        "plan.models.H2_exits: the estimator cloglog has no option 'contrast'; did you mean 'contrasts'?",
    ),
    "where two levels deep": (
        "{models: {H1_burnout: {where: {cohrt: 90后}}}}",
        "plan.models.H1_burnout: 'where' names the column 'cohrt'",
    ),
    "model of the other tier": (
        "{hypotheses: {H1: {model: H1_burnout_common}}}",
        "'plan.hypotheses.H1.model' names 'H1_burnout_common', which does not exist",
    ),
    "member that the common tier does not know": (
        "{indices: {OD-C: {B5_documents: 1}}}",
        "'plan.indices.OD-C.B5_documents' names 'B5_documents', which does not exist",
    ),
    "two statements in an expression": (
        "{indicators: {X1: {label_zh: 甲, source: tasks, expression: count(*); drop table tasks}}}",
        "the expression or coverage of X1 cannot be evaluated: Parser Error",
    ),
    "two cohorts of one year": ("{cohorts: {青年: 1990}}", "the limits of 'cohorts' must be in order"),
    "cohort that a model needs": (
        "{cohorts: {90后: off}, focus: 80后}",
        "'terms' names the column 'cohort_90s', which the table does not have",
    ),
    "cohort that a variable needs": (
        "{cohorts: {00后: off}}",
        "'plan.variables.survey_scores.young.values' names '00后', which does not exist; valid are 70后及以前, 80后",
    ),
    "focus beside the common one": (
        "{cohorts: {85后: 1985}, focus: 85后}",
        "'plan.focus' names 85后 while 90后 is there, of which models and hypotheses go on to speak",
    ),
    "focus": ("{focus: 95后}", "'focus' names '95后'; valid are 70后及以前, 80后, 90后, 00后."),
    "kind of an event": (
        "{events: {resign: volunteer}}",
        "'events' names 'volunteer'; did you mean 'voluntary'?",
    ),
    "event of an exit": (
        "{exits: [{exit_type: 调出, event: transfr}]}",
        "'plan.exits' names 'transfr', which does not exist; did you mean 'transfer'?",
    ),
    "estimator": (
        "{models: {P1: {estimator: olss, data: survey_scores, outcome: burnout, terms: [OD]}}}",
        "'plan.models.P1.estimator' names 'olss', which does not exist; did you mean 'ols'?",
    ),
    "analysis table": (
        "{models: {P1: {estimator: ols, data: survey, outcome: burnout, terms: [OD]}}}",
        "'plan.models.P1.data' names 'survey', which does not exist; did you mean 'survey_scores'?",
    ),
    "term": (
        "{models: {P1: {estimator: ols, data: survey_scores, outcome: burnout, terms: [OD_leed]}}}",
        "plan.models.P1: 'terms' names the column 'OD_leed', which",
    ),
    "control": (
        "{models: {P1: {estimator: ols, data: survey_scores, outcome: burnout, terms: [OD], controls: [gender]}}}",
        "plan.models.P1: 'terms' names the column 'gender', which",
    ),
    "key of a model": (
        "{models: {H2_exits: {contols: [cohort]}}}",
        "plan.models.H2_exits: the estimator cloglog has no key 'contols'; did you mean 'controls'?",
    ),
    "model of a hypothesis": (
        "{hypotheses: {P1: {statement_zh: 甲, model: H1_burnot, term: OD, predicted_sign: '+'}}}",
        "'plan.hypotheses.P1.model' names 'H1_burnot', which does not exist; did you mean 'H1_burnout'?",
    ),
    "term of a hypothesis": (
        "{hypotheses: {P1: {statement_zh: 甲, model: H1_burnout, term: TR, predicted_sign: '+'}}}",
        "'plan.hypotheses.P1.term' names 'TR', which does not exist",
    ),
    "smallest effect": (
        "{hypotheses: {H1: {smallest: little}}}",
        "'plan.hypotheses.H1.smallest' is 'little'; give a number above zero",
    ),
    "rows that differ": (
        "{hypotheses: {H18: {statement_zh: 甲}}}",
        "'plan.hypotheses.H18' has 3 rows that differ in 'statement_zh', which cannot be changed at once; give a list",
    ),
    "sign": (
        "{hypotheses: {H1: {predicted_sign: plus}}}",
        "'plan.hypotheses.H1.predicted_sign' names 'plus', which does not exist; valid are",
    ),
    "model switched off that a hypothesis needs": (
        "{models: {H6_meaning: off}}",
        "'plan.models' switches off 'H6_meaning', which 'plan.hypotheses.H6.model' uses",
    ),
    "key of a check": (
        "{checks: {lead: {rol: placebo}}}",
        "'plan.checks.lead' names 'rol', which does not exist; did you mean 'role'?",
    ),
    "reversed item": (
        "{scales: {stress: {items: [ST1, ST2], range: [1, 5], reversed: [ST3]}}}",
        "'plan.scales.stress.reversed' names 'ST3', which does not exist; valid are ST1, ST2.",
    ),
    "range": (
        "{scales: {stress: {items: [ST1], range: [5, 1]}}}",
        "'plan.scales.stress.range' must give the lower",
    ),
    "hypothesis of a diagram": (
        "{diagrams: {H33: {OD: [voluntary]}}}",
        "'plan.diagrams' names 'H33', which does not exist; did you mean 'H3'?",
    ),
    "diagram without the outcome": (
        "{diagrams: {H1: off, H6: {TR: [burnout]}}}",
        "'plan.diagrams.H6' names 'meaning', which does not exist",
    ),
    "circle in a diagram": (
        "{diagrams: {H1: {burnout: [OD]}}}",
        "in 'plan.diagrams.H1' OD, burnout act on one another in a circle",
    ),
    "effects that are no list": (
        "{diagrams: {H1: {mood: burnout}}}",
        "'plan.diagrams.H1.mood' must be a list",
    ),
    "role of an index": (
        "{index_roles: {OD-C: {}}}",
        "'plan.index_roles.OD-C' names '{}', which does not exist; valid are leading, burden, described.",
    ),
    "type of an exit": (
        "{exits: [{exit_type: 跳槽, event: resign}]}",
        "'plan.exits.exit_type' names '跳槽', which does not exist; valid are",
    ),
    "destination": (
        "{exits: [{exit_type: 调出, destination: [县里], event: null}]}",
        "'plan.exits.destination' names '县里', which does not exist; did you mean '县'?",
    ),
    "exit without an event": (
        "{exits: [{exit_type: 调出}]}",
        "'plan.exits[1]' lacks the key 'event'; add it.",
    ),
    "key of an exit": (
        "{exits: [{exit_type: 调出, to: [县], event: null}]}",
        "unknown key 'plan.exits[1].to'",
    ),
    "terms that are no list": (
        f"{{models: {{P1: {{{OLS}, terms: OD}}}}}}",
        "'plan.models.P1.terms' must be a list, not 'OD'.",
    ),
    "term twice": (
        f"{{models: {{P1: {{{OLS}, terms: [OD, OD]}}}}}}",
        "plan.models.P1: the term 'OD' stands twice.",
    ),
    "value of where": (
        f"{{models: {{P1: {{{OLS}, terms: [OD], where: {{sex: 男性}}}}}}}}",
        "'plan.models.P1.where.sex' names '男性', which does not exist; did you mean '男'?",
    ),
    "value of where that is yes or no": (
        f"{{models: {{P1: {{{OLS.replace('survey_scores', 'hazard_cells').replace('burnout', 'voluntary')},"
        " terms: [OD], where: {lock: 是}}}}",
        "'plan.models.P1.where.lock' names '是', which does not exist; valid are True, False.",
    ),
    "term that is nothing like a column": (
        f"{{models: {{P1: {{{OLS}, terms: [过密化指数]}}}}}}",
        "plan.models.P1: 'terms' names the column '过密化指数', which the table does not have; there are ",
    ),
    "what is standardised": (
        f"{{models: {{P1: {{{OLS}, terms: [OD], standardise: [burnou]}}}}}}",
        "plan.models.P1: 'standardise' names 'burnou', which is not in the model; did you mean 'burnout'?",
    ),
    "hypothesis of a model": (
        f"{{models: {{P1: {{{OLS}, terms: [OD], hypothesis: H99}}}}}}",
        "'plan.models.P1.hypothesis' names 'H99', which does not exist; did you mean 'H9'?",
    ),
    "name of a model": (
        f"{{models: {{'P 1': {{{OLS}, terms: [OD]}}}}}}",
        "a name in 'plan.models' is made of letters, digits, _ and -, a letter first, not 'P 1'.",
    ),
    "what a check sets": (
        "{checks: {c: {role: robustness, data: [hazard_cells], set: {wher: {lock: false}}}}}",
        "has no key 'wher'; did you mean 'where'?",
    ),
    "where of a check": (
        "{checks: {c: {role: robustness, data: [hazard_cells], set: {where: {lok: false}}}}}",
        "plan.checks.c: 'where' names the column 'lok', which the table does not have; did you mean 'lock'?",
    ),
    "value of where of a check": (
        "{checks: {c: {role: robustness, data: [hazard_cells], set: {where: {lock: maybe}}}}}",
        "'plan.checks.c.set.where.lock' names 'maybe', which does not exist; valid are True, False.",
    ),
    "model without the term of its hypothesis": (
        "{models: {H2_exits: {terms: [TR]}}}",
        "'plan.hypotheses.H2.term' names 'OD', which does not exist; valid are TR",
    ),
    "exposure of a check": (
        "{checks: {c: {role: placebo, data: [hazard_cells], exposures: true, replace: '{exposure}_leed'}}}",
        "plan.checks.c: 'terms' names the column",
    ),
    "effect that a check drops": (
        "{checks: {c: {role: robustness, drop_effects: [mnth]}}}",
        "'plan.checks.c.drop_effects' names 'mnth', which does not exist; did you mean 'month'?",
    ),
    "check that changes nothing": (
        "{checks: {c: {role: robustness, data: [hazard_cells]}}}",
        "'plan.checks.c' changes nothing of the models it stands beside",
    ),
    "check beside nothing": (
        "{checks: {c: {role: robustness, data: [chains], estimators: [cloglog], controls: [level]}}}",
        "'plan.checks.c' stands beside no primary model",
    ),
    "index without members": (
        "{indices: {NEW: {}}}",
        "'plan.indices.NEW' must be a group of keys, not '{}'.",
    ),
    "range that is none": (
        "{scales: {sleep: {items: [SL1], range: 1-5}}}",
        "'plan.scales.sleep.range' must be two numbers, the lower first, e.g. [1, 5], not '1-5'.",
    ),
    "item twice": (
        "{scales: {sleep: {items: [SL1, SL1], range: [1, 5]}}}",
        "'plan.scales.sleep.items' has one name twice.",
    ),
    "item with two ranges": (
        "{scales: {sleep: {items: [EE1, EE2], range: [1, 5]}}}",
        "shares EE1, EE2 with another scale but gives another range; an item has one range.",
    ),
    "share of answers": (
        "{scales: {sleep: {items: [SL1, SL2], range: [1, 5], min_answered: 3}}}",
        "'plan.scales.sleep.min_answered' must be between 0 and 1, not '3'.",
    ),
    "name of a column": (
        "{scales: {sex: {items: [SL1], range: [1, 5]}}}",
        "the name of 'plan.scales.sex' belongs to something else in the plan or to a column of the data",
    ),
    "name of an index": (
        "{indicators: {OD: {label_zh: 甲, source: tasks, expression: number(is_task)}}}",
        "the name of 'plan.indicators.OD' belongs to something else",
    ),
    "direction": (
        "{indicators: {A1_tasks: {direction: 2}}}",
        "A1_tasks has the direction '2.0'; permitted are 1, -1.",
    ),
    "expression that gives text": (
        "{indicators: {X1: {label_zh: 甲, source: tasks, expression: max(event_label)}}}",
        "the expression of X1 gives VARCHAR and no number.",
    ),
    "expression that reads a file": (
        "{indicators: {X1: {label_zh: 甲, source: tasks, expression: (select count(*) from read_csv('a.csv'))}}}",
        "the expression or coverage of X1 cannot be evaluated: Permission Error",
    ),
    "language of a label": (
        "{labels: {OD: {cn: 甲}}}",
        "unknown key 'plan.labels.OD.cn'; valid here are zh, en.",
    ),
    "key of a label": (
        "{labels: {outcome_burnot: {zh: 倦怠}}}",
        "'plan.labels' names 'outcome_burnot', which does not exist; did you mean 'outcome_burnout'?",
    ),
    "outcome among its controls": (
        f"{{models: {{P1: {{{OLS}, terms: [OD], controls: [burnout]}}}}}}",
        "plan.models.P1: the outcome 'burnout' stands among its own terms or controls",
    ),
    "item that is a column of the survey": (
        "{scales: {strain: {items: [sex, SL2], range: [1, 5]}}}",
        "the item 'sex' of 'plan.scales.strain' is another column of the survey",
    ),
    "item that is an index": (
        "{scales: {strain: {items: [OD, SL2], range: [1, 5]}}}",
        "the item 'OD' of 'plan.scales.strain' is another column",
    ),
    "operation of a variable": (
        "{variables: {survey_scores: {young: {amung: cohort}}}}",
        "'plan.variables.survey_scores.young' names 'amung', which does not exist; did you mean 'among'?",
    ),
    "indicator switched off that an index needs": (
        "{indicators: {A1_tasks: off}}",
        "'plan.indicators' switches off 'A1_tasks', which 'plan.indices.OD.A1_tasks' uses",
    ),
    "cohort of another decade": (
        "{cohorts: {85后: 1995}}",
        "'85后' of 'cohorts' begins in 1995 while its name says 85",
    ),
    "events model of a score": (
        "{models: {P1: {label_zh: 甲, estimator: cloglog, data: survey_scores, outcome: burnout, terms: [OD]}}}",
        "plan.models.P1: 'burnout' is a number and not what happens or does not; the outcome of cloglog is an exit",
    ),
    "margins of a score": (
        "{models: {P1: {estimator: average_marginal_effects, options: {model: logit}, label_zh: 甲,"
        " data: survey_scores, outcome: burnout, terms: [OD]}}}",
        "plan.models.P1: 'burnout' is a number and not what happens",
    ),
    "outcome of words": (
        f"{{models: {{P1: {{{OLS.replace('burnout', 'cohort')}, terms: [OD]}}}}}}",
        "plan.models.P1: the outcome 'cohort' holds words",
    ),
    "function of words": (
        f"{{models: {{P1: {{{OLS}, terms: [OD], controls: ['ns(tenure_band, 3)']}}}}}}",
        "plan.models.P1: 'tenure_band' in 'ns(tenure_band, 3)' holds words",
    ),
    "words without categories": (
        f"{{models: {{P1: {{{OLS}, terms: [OD], controls: [education]}}}}}}",
        "plan.models.P1: 'education' in 'education' holds words; as a category it needs its values",
    ),
    "outcome in SD among its controls": (
        f"{{models: {{P1: {{{OLS}, terms: [OD, burnout_z]}}}}}}",
        "plan.models.P1: the outcome 'burnout_z' stands among its own terms or controls",
    ),
    "two operations of a variable": (
        "{variables: {survey_scores: {x: {z: rank_years, mean: [OD]}}}}",
        "the variable 'x' must have one operation of z, mean",
    ),
    "band of other months": (
        "{tenure_bands: {3-5: off, 3-4: 70, 4-5: 60}}",
        "'3-4' of 'tenure_bands' ends at 70 months while its name says 4 years",
    ),
    "band without an end that ends": (
        "{tenure_bands: {20+: 240}}",
        "'20+' of 'tenure_bands' has no end by its name but ends at 240 months; write null, or another name",
    ),
    "weight in words": (
        "{indices: {OD: {A1_tasks: two}}}",
        "the weight of plan.indices.OD.A1_tasks must be above zero.",
    ),
    "column of an expression": (
        "{indicators: {X1: {label_zh: 甲, source: tasks, expression: sum(n_tabel)}}}",
        'Binder Error: Referenced column "n_tabel" not found in FROM clause! Candidate bindings: "n_table"',
    ),
    "sum of a text": (
        "{indicators: {X1: {label_zh: 甲, source: tasks, expression: sum(event_label)}}}",
        "'sum(VARCHAR)'. You might need to add explicit type casts.",
    ),
    "function of an expression": (
        "{indicators: {X1: {label_zh: 甲, source: tasks, expression: summ(n_table)}}}",
        "the expression or coverage of X1 cannot be evaluated",
    ),
    "table that is not measured": (
        "{indicators: {X1: {label_zh: 甲, source: roster, expression: count(*)}}}",
        "'plan.indicators.X1.source' names 'roster', which does not exist; valid are tasks",
    ),
    "item of a common scale in one's own": (
        "{scales: {sleep: {items: [EE1, SL2], range: [1, 5]}}}",
        "'plan.scales.sleep' shares EE1 with another scale but gives another range",
    ),
    "second leading index": (
        "{index_roles: {TR: leading}}",
        "exactly one index of 'plan.index_roles' must be leading, not OD, TR; let the others be",
    ),
    "no leading index": (
        "{index_roles: {OD: burden}}",
        "exactly one index of 'plan.index_roles' must be leading",
    ),
    "words that are switched off": (
        "{labels: {OD: off}}",
        "'plan.labels.OD' must be a group of keys, not off.",
    ),
    "categories of no column": (
        "{categories: {eduction: {本科: bachelor}}}",
        "'plan.categories' names 'eduction', which does not exist; did you mean 'education'?",
    ),
    "index switched off that a setting needs": (
        "{indices: {OD: off}}",
        "'plan.indices' switches off 'OD', which 'sensitivity.indices[1]' uses",
    ),
    "table of a variable": (
        "{variables: {survey_score: {young: {among: cohort, values: [90后]}}}}",
        "'plan.variables' names 'survey_score', which does not exist; did you mean 'survey_scores'?",
    ),
    "frequency": (
        "{indicators: {A1_tasks: {frequency: monthly}}}",
        "A1_tasks has the frequency 'monthly'; permitted are",
    ),
    "index of an indicator": (
        "{indicators: {A1_tasks: {index: ODD}}}",
        "'plan.indicators.A1_tasks.index' names 'ODD', which does not exist; did you mean 'OD'?",
    ),
    "event of secondments": (
        "{secondment: {via: secondmnt}}",
        "'secondment' names 'secondmnt'; did you mean 'secondment'?",
    ),
    "effects of a model that are no list": (
        f"{{models: {{P1: {{{OLS.replace('[unit, wave]', 'unit')}, terms: [OD]}}}}}}",
        "'plan.models.P1.effects' must be a list, not 'unit'.",
    ),
    "weights of a model": (
        f"{{models: {{P1: {{{OLS}, terms: [OD], weights: sx}}}}}}",
        "plan.models.P1: 'weights' names the column 'sx', which the table does not have; did you mean 'sex'?",
    ),
    "subscale": (
        "{scales: {sleep: {items: [SL1], range: [1, 5], subscales: {a: [SL2]}}}}",
        "'plan.scales.sleep.subscales.a' names 'SL2', which does not exist; valid are SL1.",
    ),
    "what a check sets of a model": (
        "{checks: {lead: {set: {estimatr: ols}}}}",
        "the model 'H1_burnout.lead' has no key 'estimatr'; did you mean 'estimator'?",
    ),
    "hypothesis without a term": (
        "{hypotheses: {P1: {statement_zh: 甲, model: H1_burnout}}}",
        "'plan.hypotheses.P1' lacks the key 'term'; add it.",
    ),
    "column of a hypothesis": (
        "{hypotheses: {H1: {statment_zh: 甲}}}",
        "unknown key 'plan.hypotheses.H1.statment_zh'; did you mean 'statement_zh'?",
    ),
    "outcome of a model": (
        "{models: {H2_exits: {outcome: volunary}}}",
        "'outcome' names the column 'volunary', which the table does not have; did you mean 'voluntary'?",
    ),
    "rows that are a list": ("{cohorts: [85后]}", "'plan.cohorts' must be a group of keys, not a list."),
    "node of a diagram": (
        "{diagrams: {H1: {OD: [burnot]}}}",
        "'burnot' of 'plan.diagrams.H1' has no words; give something new a label node_burnot",
    ),
    "group of policies": (
        "{policies: {releif: [减负]}}",
        "no model, variable or check uses 'plan.policies.releif'; did you mean 'relief'?",
    ),
    "words of policies": (
        "{policies: {relief: 减负}}",
        "'plan.policies.relief' must be a list",
    ),
    "key of policies": (
        "{policies: {relief: {word: [减负]}}}",
        "'plan.policies.relief' must be a list",
    ),
    "table": (
        "{tables: {main_regresion: [H1_burnout]}}",
        "'plan.tables' names 'main_regresion', which does not exist",
    ),
    "cohort after the window": (
        "{cohorts: {未来: 2030}}",
        "'未来' of 'cohorts' begins in 2030, after the last month of the window (2025-06)",
    ),
    "band whose name begins elsewhere": (
        "{tenure_bands: {3-4: 48}}",
        "'3-5' of 'tenure_bands' begins with year 3 by its name, but the band before it ends at 48 months",
    ),
    "band that is missing between": (
        "{tenure_bands: {3-5: off}}",
        "'5-10' of 'tenure_bands' begins with year 5 by its name, but the band before it ends at 36 months",
    ),
    "nothing upward": ("{upward: []}", "'plan.upward' must have at least 1 entry, not 0."),
    "exit of any kind": ("{exits: [{event: null}]}", "'plan.exits[1]' lacks the key 'exit_type'; add it."),
    "no destination": (
        "{exits: [{exit_type: 辞职, destination: [], event: null}]}",
        "'plan.exits[1].destination' must have at least 1 entry, not 0.",
    ),
    "event switched off": (
        "{events: {resign: off}}",
        "'plan.events' switches off 'resign', which 'plan.exits' uses",
    ),
    "change of a model that changes nothing": (
        "{models: {H2_exits: {}}}",
        "'plan.models.H2_exits' must be a group of keys, not '{}'.",
    ),
    "label without words": ("{labels: {OD: {}}}", "'plan.labels.OD' must be a group of keys, not '{}'."),
    "dummy of a value that is none": (
        "{categories: {cohort: {91后: x}}}",
        "'plan.categories.cohort' names '91后', which does not exist; valid are 70后及以前, 80后, 90后, 00后.",
    ),
    "policies switched off that a model needs": (
        "{policies: {relief: off}}",
        "'plan.policies' switches off 'relief', which 'plan.models.H14_formal' uses",
    ),
    "where of nothing": (
        "{models: {H2_exits: {where: {lock: []}}}}",
        "'plan.models.H2_exits.where.lock' must have at least 1 entry, not 0.",
    ),
    "month outside the window": (
        "{models: {H2_exits: {where: {month: 2025-07}}}}",
        "'plan.models.H2_exits.where.month' names '2025-07', which does not exist; did you mean '2024-07'?",
    ),
    "model of which figures are made": (
        "{hypotheses: {H2: off}, models: {H2_exits: off}}",
        "'plan.models' switches off 'H2_exits', of which figures and tables are made",
    ),
    "variable in place of a column": (
        "{variables: {survey_scores: {burnout: {z: rank_years}}}}",
        "the name of 'plan.variables.survey_scores.burnout' belongs to something else",
    ),
}


@pytest.mark.parametrize("overlay, sentence", REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_is_refused_in_one_sentence(load, overlay, sentence):
    with pytest.raises(ConfigError) as caught:
        load(f"plan: {overlay}\n")
    assert str(caught.value).startswith(FILE) and sentence in str(caught.value)
    assert "\n" not in str(caught.value) and str(caught.value)[-1] != ":" and len(str(caught.value)) < 500


SETTINGS_REFUSED = {
    "answer without a score, as a draft leaves it": (
        "survey: {responses: {甲: '?'}}",
        "must be a number, not '?'",
    ),
    "figure": (
        "own: {forst: {title: 甲}}",
        "'own' names 'forst', which does not exist; did you mean 'forest'?",
    ),
    "no figure of a province": (
        "own: {simulation_study: {title: 甲}}",
        "'own' names 'simulation_study', which does",
    ),
    "table of the report alone": (
        "own: {before_after: {title: 甲}}",
        "'own' names 'before_after', which does not exist",
    ),
    "resolution of a table": (
        "own: {main_regression: {dpi: 300}}",
        "unknown key 'own.main_regression.dpi'; valid here are title, language, journal.",
    ),
    "journal of a wide figure": (
        "own: {forest: {journal: single}}",
        "'own.forest.journal' is single, which is too narrow for the figure 'forest'; write double.",
    ),
    "two widths": (
        "own: {departments: {journal: double, width: 20}}",
        "'own.departments' may have journal or width",
    ),
    "template": (
        "report: {template: 没有.docx}",
        "'report.template' names '没有.docx', which does not exist",
    ),
    "matrix of comparisons": (
        "indices: {weights: {method: given, parents: {OD: ahp}}}",
        "indices: 'weights.matrix' is missing; the method ahp needs a matrix of pairwise comparisons.",
    ),
    "comparison that is missing": (
        "indices: {weights: {method: given, parents: {TR: {method: ahp, matrix: {B1_artefacts: {B2_nothing: 3}}}}}}",
        "indices: 'weights.matrix' does not compare",
    ),
    "aggregate": (
        "indices: {aggregation: {method: arithmetic, parents: {ODD: power}}}",
        "'indices.aggregation.parents' names the index 'ODD', which does not exist; did you mean 'OD'?",
    ),
}


@pytest.mark.parametrize("text, sentence", SETTINGS_REFUSED.values(), ids=SETTINGS_REFUSED.keys())
def test_settings_that_name_what_is_not_there_are_refused(load, text, sentence):
    with pytest.raises(ConfigError) as caught:
        load(text + "\n")
    assert sentence in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", ["text", "template", "strict"])
def test_a_template_of_another_kind_is_refused_in_one_sentence(load, kind):
    main = "application/vnd.openxmlformats-officedocument.wordprocessingml.{}.main+xml"
    with zipfile.ZipFile("config/provinces/模板.docx", "w") as parts:
        parts.writestr("[Content_Types].xml", main.format("template" if kind == "template" else "document"))
        parts.writestr("_rels/.rels", "http://purl.oclc.org/ooxml" if kind == "strict" else "")
    if kind == "text":
        Path("config/provinces/模板.docx").write_text("标题", encoding="utf-8")
    with pytest.raises(ConfigError, match="is no Word file that can be used; save it as a plain .docx"):
        load("report: {template: 模板.docx}\n")


SCENARIOS_REFUSED = {
    "table": ({"edits": [{"table": "task", "drop": "is_rest_eve"}]}, "names 'task', which does not exist"),
    "expression": (
        {"edits": [{"table": "tasks", "drop": "is_rest"}]},
        "of the scenario 'S17' cannot be evaluated",
    ),
    "need": (
        {"needs": ["tasks.due"]},
        "names 'tasks.due', which does not exist; did you mean 'tasks.due_at'?",
    ),
    "column": (
        {"edits": [{"table": "tasks", "set": {"due": "issue_at"}}]},
        "names 'due', which does not exist",
    ),
    "key": ({"edit": [{"table": "tasks"}]}, "has no key 'edit'; did you mean 'edits'?"),
    "edit of nothing": ({"edits": [{"table": "tasks"}]}, "the scenario 'S17' changes no record"),
    "nothing": ({"edits": [], "slopes": []}, "the scenario 'S17' changes no record"),
    "part": ({"combines": ["S99"]}, "there is no scenario 'S99'; valid are S1, S2"),
}


@pytest.mark.parametrize("entry, sentence", SCENARIOS_REFUSED.values(), ids=SCENARIOS_REFUSED.keys())
def test_a_scenario_that_cannot_be_is_refused(entry, sentence):
    content = plan_content(PLAN, {"scenarios": {"S17": entry}}, FILE)
    tables = arrow_schemas(SCHEMA, content("scales.yaml")["scales"])
    with pytest.raises(ConfigError) as caught:
        check_scenarios({"S17": entry}, content("scenarios.yaml"), tables, FILE)
    assert str(caught.value).startswith(FILE) and sentence in str(caught.value)


def test_the_scenarios_of_the_plan_can_be():
    content = plan_content(PLAN, {}, FILE)
    plan, tables = content("scenarios.yaml"), arrow_schemas(SCHEMA, content("scales.yaml")["scales"])
    check_scenarios({entry["id"]: entry for entry in plan["scenarios"]}, plan, tables, FILE)


def test_further_cohorts_and_bands_stand_in_order_with_dummies_and_words(load):
    content = content_of(
        load("plan: {cohorts: {95后: 1995, 85后: 1985}, tenure_bands: {3-5: off, 3-4: 48, 4-5: 60}}\n")
    )
    definitions = definitions_of(content("exits.yaml"), "")
    born = definitions.cohort([1979, 1984, 1985, 1994, 1995, 2003])
    assert list(born) == ["70后及以前", "80后", "85后", "90后", "95后", "00后"]
    assert list(definitions.tenure_band([11, 36, 47, 48, 59, 60, 130])) == [
        *("<1", "3-4", "3-4", "4-5", "4-5", "5-10", "10+")
    ]
    categories = content("models.yaml")["categories"]
    assert categories["cohort"]["95后"] == "cohort_95s" and categories["tenure_band"]["4-5"] == "tenure_4_5"
    assert "3-5" not in categories["tenure_band"]
    words = {row["key"]: row["zh"] for row in content("labels.csv")}
    assert words["value_95后"] == words["cohort_95s"] == "95后"


def test_the_cohort_in_question_can_be_another_one(load):
    content = content_of(load(examples("出生年代、任职分组、什么算离开")[1]))
    definitions = definitions_of(content("exits.yaml"), "")
    assert list(definitions.cohort([1950, 1989, 1990])) == ["35岁以上", "35岁以上", "35岁以下"]
    categories = content("models.yaml")["categories"]["cohort"]
    assert categories == {"35岁以上": "cohort_35岁以上", "35岁以下": "cohort_90s"}
    words = {row["key"]: row["zh"] for row in content("labels.csv")}
    assert words["cohort_90s"] == words["value_35岁以下"] == words["short_cohort_90s"] == "35岁以下"
    assert words["topic_H3"] == "35岁以下与其他人员的差别" and words["value_90后"] == "90后"


def test_statements_of_the_cohort_in_question_speak_of_the_new_one_and_the_others_stay(load):
    """H18 has three statements, of which one speaks of it."""
    example = examples("出生年代、任职分组、什么算离开")[1]
    said = [row for row in content_of(load(example))("hypotheses.csv") if row["hypothesis"] in ("H3", "H18")]
    common = [row for row in read_plan_file(PLAN / "hypotheses.csv") if row["hypothesis"] in ("H3", "H18")]
    expected = [row["statement_zh"].replace("90后", "35岁以下") for row in common]
    assert [row["statement_zh"] for row in said] == expected and len(set(expected)) == 4
    said = content_of(load(example + "  hypotheses: {H3: {smallest: 0.2}, H18: off}\n"))("hypotheses.csv")
    assert {(r["statement_zh"], r["smallest"]) for r in said if r["hypothesis"] in ("H3", "H18")} == {
        (expected[0], "0.2")
    }


def test_own_exits_are_decided_before_the_common_ones(load):
    content = content_of(load("plan: {exits: [{exit_type: 调出, destination: [县], event: null}]}\n"))
    definitions = definitions_of(content("exits.yaml"), "")
    assert list(definitions.event(["调出", "调出"], ["县", "省"])) == ["", "transfer"]


def test_every_difference_is_listed_and_nothing_else(load, tmp_path):
    default = read_plan_file(ROOT / "config" / "default.yaml")
    settings = load(
        "exclude: {topics: [防汛]}\n"
        "plan:\n"
        "  cohorts: {85后: 1985, 90后: 1990}\n"
        "  indices: {OD: {A3_veto: off, A1_tasks: 2}}\n"
        "  hypotheses: {H2: {predicted_sign: '-'}}\n"
        "  models: {H2_poisson: off, H2_exits: {controls: [cohort]}}\n"
    )
    found = deviations(PLAN, settings, default)
    assert [(row["table"], row["row"], row["field"]) for row in found] == [
        ("settings", "", "exclude.topics"),
        ("cohorts", "85后", ""),
        ("indices", "OD.A1_tasks", ""),
        ("indices", "OD.A3_veto", ""),
        ("models", "H2_exits", "controls"),
        ("models", "H2_poisson", ""),
        ("hypotheses", "H2", "predicted_sign"),
    ]
    changed = {row["row"]: (row["common"], row["own"]) for row in found}
    assert changed["85后"] == (None, 1985) and changed["OD.A3_veto"] == ("1", None)
    assert changed["H2_exits"] == (["cohort", "sex", "tenure_band", "lock"], ["cohort"])
    write_deviations(found, tmp_path / "deviations.csv")
    assert read_deviations(tmp_path / "deviations.csv") == found
    assert deviations(PLAN, load(), default) == []


# ------------------------------------------------------------------------------------------------ the manual

MANUAL = (ROOT / "config" / "steering.md").read_text(encoding="utf-8")
EXAMPLES = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", MANUAL, re.M | re.S))


def examples(title):
    """The YAML blocks of a section of the manual, in order."""
    return re.findall(r"```yaml\n(.*?)```", EXAMPLES[title], re.S)


@pytest.mark.parametrize("title, number", [(t, n) for t in EXAMPLES for n in range(len(examples(t)))])
def test_every_example_of_the_manual_is_accepted(load, title, number):
    """An example that begins with a source goes on where the list of sources ends."""
    example = re.sub(r"files: \[.*?\]", "files: [year.csv]", examples(title)[number])
    base = MINIMAL.rstrip() + "\n" if example.startswith("  - ") else MINIMAL
    if "sources: [" in example:
        base = MINIMAL.rstrip() + "\n  - {table: unit_year, files: [year.csv]}\n"
    anchors = Path("results/anhui-2024/restricted/anchors.json")
    anchors.parent.mkdir(parents=True)
    anchors.touch()
    Path("results/anhui-all").mkdir()
    settings = load(example, base=base)
    default = read_plan_file(ROOT / "config" / "default.yaml")
    assert deviations(PLAN, settings, default) or settings["report"] != default["report"] or settings["own"]


def test_the_manual_is_short():
    assert len(MANUAL.splitlines()) < 300


def test_an_anonymous_answer_counts_where_its_cohort_lies_in_one_of_ours(load):
    content = content_of(
        load(
            "plan: {cohorts: {85后: 1985, 00后: off}, variables: {survey_scores: {young: off}},"
            " models: {H7_young: off, H7_young_plateau: off}, hypotheses: {H7: off}}\n"
        )
    )
    definitions = definitions_of(content("exits.yaml"), "")
    found = definitions.cohort_surveyed(["70后及以前", "80后", "90后", "00后"])
    assert [name if isinstance(name, str) else None for name in found] == ["70后及以前", None, "90后", "90后"]
