"""Why a model gave no estimate, in the language of the report."""

import re

from jianfu.report.tables.results import term_label, text_of
from jianfu.report.tables.table import missing

# What the engine and the estimators say, and how the Chinese report puts it.
NOTES_ZH = (
    (r"did not converge(: [^;]*)?", "未收敛"),
    (r"collinear and left out: ([^;]+)", r"与其他变量或固定效应共线，未纳入：\1"),
    (r"no observations left \(none read\)", "没有读入可用的数据"),
    (r"no observations left \((.*?)\)", r"剔除后没有剩余观测（\1）"),
    (r"no events", "没有事件"),
    (r"no event '(.+?)' among .+", r"没有“\1”这种事件"),
    (r"(\S+) events for (\d+) coefficients", r"\1个事件，\2个系数"),
    (r"(\d+) clusters for (\d+) coefficients", r"\1个聚类，\2个系数"),
    (r"(\d+) months are too few for (\d+) coefficients", r"仅\1个月，\2个系数"),
    (r"(\d+) observations in (\d+) groups are too few", r"\2个组仅\1个观测"),
    (r"(\d+) observations are too few", r"仅\1个观测"),
    (r"(\d+) levels of (.+) are too few to leave one out", r"\2仅\1个水平，无法逐一剔除"),
    (r"(.+) has (\d+) levels, not 2 to (\d+)", r"\1有\2个水平，应为2至\3个"),
    (r"a single cluster", "只有一个聚类"),
    (r"a group for every observation", "每个观测自成一组"),
    (r"(.+) has a single level", r"\1只有一个水平"),
    (r"column (\S+) is absent", r"缺少字段\1"),
    (r"column (\S+) has no values", r"字段\1没有值"),
    (r"table (\w+) has no rows", r"没有\1的数据"),
    (r"([\w:]+) does not vary", r"\1没有变化"),
    (r"(.+) has knots that coincide: too few different values", r"\1的不同取值太少，样条结点重合"),
    (r"(?:events|outcomes) are separated by the terms", "自变量完全区分了事件"),
    (r"the answers are separated by the terms", "自变量完全区分了答案"),
    (r"events are separated by (.+)", r"\1完全区分了事件"),
    (r"(.+) is collinear with effects and controls", r"\1与固定效应和控制变量共线"),
    (r"(.+): collinear with the effects", r"\1与固定效应共线"),
    (r"the terms (.+) are collinear", r"\1共线"),
    (r"collinear terms", "各项共线"),
    (r"nothing of (.+) is left beside effects and controls", r"剔除固定效应和控制变量后，\1没有剩余变异"),
    (
        r"(.+) is explained by the other terms or too few observations are left",
        r"\1可由其他各项解释，或剩余观测太少",
    ),
    (r"no confounder can be (\S+) times as strong as (.+)", r"不可能有强度为\2\1倍的混杂因素"),
    (r"the benchmark (.+) is none of the controls", r"基准\1不在控制变量中"),
    (r"no fit without one level", "逐一剔除后均无法拟合"),
    (r"r_max (\S+) is below the R2 of the model, (\S+)", r"R²上限\1低于模型的R²（\2）"),
    (r"(.+): fewer than two periods before or after the date", r"\1前后不足两期"),
    (r"(.+) must count periods in whole numbers", r"\1应为整数期次"),
    (r"(.+) does not count from one date", r"\1的起算日期不一致"),
    (r"a log link needs an outcome that is never negative", "结果变量有负值，不能取对数"),
    (r"a unit has two rows in one period", "同一单位同一期有两行"),
    (r"a unit has two dates of start", "同一单位有两个起始日期"),
    (r"no rows between the placebo date and the start", "安慰剂日期与实施日期之间没有数据"),
    (r"no group of units can be compared with units not treated", "没有可与未实施单位比较的组"),
    (r"no unit is never treated", "没有从未实施的单位"),
    (
        r"no unit is treated after the first period and before the last",
        "没有单位在首期之后、末期之前开始实施",
    ),
    (r"no treated row can be imputed", "实施后的各行均无法插补"),
    (r"aggregate (\S+) is not one of .+", r"没有“\1”这种汇总方式"),
    (
        r"the event study by (\S+) takes no terms or controls; use estimator: cs",
        r"事件研究（\1）不接受控制变量",
    ),
    (r"the event study by (\S+) takes no weights; use estimator: cs", r"事件研究（\1）不接受权重"),
    (r"the weights (.+) are below 0 in some rows", r"权重\1有负值"),
    (
        r"measurement error exceeds what the mediator varies within exposure and controls",
        "测量误差超过中介变量的剩余变异",
    ),
    (r"natural effects are of one term; name the others under controls", "自然效应只能有一个自变量"),
    (r"(.+) is no share of events", r"\1不是事件的比例"),
    (r"the outcome must lie between 0 and the number of trials", "结果变量应在0与试验次数之间"),
    (r"the outcome has a single level", "结果变量只有一个水平"),
    (r"(.+) needs two outcomes or more, and 'base' among them", r"\1至少要有两种结果，且包括基准类"),
    (r"(.+) must be 0 or 1 in the family binomial", r"\1应为0或1"),
    (r"the event (.+) must be 0 or 1", r"事件\1应为0或1"),
    (r"(.+) must not be negative in the family poisson", r"\1不应为负"),
    (r"the random slope (.+) is none of the terms .+", r"随机斜率\1不在自变量中"),
    (r"the bounds of equivalence are not in order: (.+)", r"等效界限的次序有误：\1"),
    (r"robustness values need .+", "稳健值或E值缺少选项"),
    (r"give outcome and terms, or the options? .+", "缺少结果变量或自变量"),
    (r"CR2 is not available on cells; use vcov: cluster", "汇总数据不能用CR2标准误"),
    (r"vcov (\S+) is not available here; use .+", r"此处不能用\1标准误"),
    (r"(\S+) is not available with absorbed effects; use .+", r"吸收固定效应时不能用\1标准误"),
    (r"vcov (\S+) needs a cluster", r"\1标准误需要聚类变量"),
    (r"vcov (\S+) takes a single cluster", r"\1标准误只能有一个聚类变量"),
    (r"cluster takes one column or two", "聚类变量应为一个或两个"),
)
FAILED = "not estimable: "
TERM = re.compile(r"\b[A-Z]{2,}[A-Za-z0-9_]*(?::\w+)*", re.ASCII)  # codes of indices, alone or in products
CHINESE = re.compile("[\u4e00-\u9fff]")


def note_text(note, labels):
    """Note of a model that gave no estimate, in the report's language, without the mark of synthetic data.

    The Chinese report says the reason alone, not the conventions of the errors that may stand beside it.
    """
    text = "" if missing(note) else note.replace(labels("synthetic_mark"), "").strip("; ")
    text = _chinese(text) if labels.language == "zh" else text
    text = TERM.sub(lambda found: term_label(found[0], labels), text)
    text = re.sub(
        r"\b[a-z]+(?:_[a-z0-9]+)+\b", lambda found: text_of(f"reason_{found[0]}", labels, found[0]), text
    )
    return text.replace(", ", "、") if labels.language == "zh" else text


def _chinese(text):
    """What a note says that has a Chinese form; a reason that has none stays as it is."""
    parts = text.split("; ")
    said = [part for part in parts if CHINESE.search(part)]  # by the gate, in the language of the release
    parts = [part for part in parts if part not in said]
    if text.startswith(FAILED):
        reason = "; ".join(parts).removeprefix(FAILED)
        return "；".join([f"无法估计，{_translated(reason) or reason}", *said])
    return "；".join([words for part in parts if (words := _translated(part))] + said)


def _translated(part):
    for pattern, words in NOTES_ZH:
        if found := re.fullmatch(pattern, part):
            return found.expand(words)
    return ""
