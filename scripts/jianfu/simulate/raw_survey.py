"""Survey waves as workbooks in the shape of an online questionnaire tool."""

import numpy as np

from jianfu.simulate import raw_xlsx as xlsx
from jianfu.simulate.raw_people import _damage_ids, strangers
from jianfu.simulate.raw_text import SYNTHETIC, id_texts
from jianfu.simulate.survey import ITEMS, RARE, SUBSCALES, USUAL

NAME = "职业状态问卷_第{}轮.xlsx"
WORDINGS = (
    ("非常不同意", "不同意", "一般", "同意", "非常同意"),
    ("完全不同意", "不同意", "说不清", "同意", "完全同意"),
)
HEADINGS = ["序号", "提交答卷时间", "所用时间", "来源", "您的身份证号码", "调查轮次",
            *(f"第{i + 1}题" for i in range(len(ITEMS))), "每周工作时长", "每周留痕小时数", "每周实质工作小时数",
            "每周显绩项目小时数", "意见建议"]  # fmt: skip
DAMAGE = ("missing", "unparseable", "damaged_id", "float_id", "conflict", "conflict")
ORIGINS = ("微信", "手机提交", "链接")


def survey_books(detail, texts, parameters, folder, streams):
    """One workbook (path, sheets) per wave."""
    answers = detail.survey.frame
    for wave in sorted(answers["wave"].unique()):
        part = answers[answers["wave"] == wave]
        yield folder / NAME.format(wave), [_sheet(detail, part, wave, texts, parameters, streams)]


def _sheet(detail, part, wave, texts, parameters, streams):
    rng = streams(f"survey file {wave}")
    identity = detail.attributes["id_number"].loc[part["slot"]].to_numpy(dtype=object)
    kinds = np.array(DAMAGE * parameters["damage"], dtype=object)
    like = rng.choice(len(part), len(kinds))
    extra = rng.choice(len(part), int(len(part) * parameters["duplicate_share"]))
    fake = strangers(rng, len(kinds), detail.attributes.iloc[:1].iloc[np.zeros(len(kinds), dtype=int)])
    fake = fake["id_number"].to_numpy(dtype=object)
    second = np.flatnonzero(kinds == "conflict")[1::2]
    fake[second] = fake[second - 1]
    at = np.r_[np.arange(len(part)), extra, like]
    who = np.r_[identity, identity[extra], fake]
    kind = np.r_[np.full(len(part) + len(extra), "", dtype=object), kinds]
    order = np.lexsort((rng.random(len(at)), part["fieldwork_date"].to_numpy()[at]))
    at, who, kind = at[order], who[order], kind[order]
    rows = part.iloc[at].reset_index(drop=True)
    clash = np.flatnonzero(kind == "conflict")
    rows.loc[clash, "EE1"] = (np.arange(len(clash)) % 7).astype(float)
    rows.loc[clash, "EE2"] = (np.arange(len(clash)) // 7 % 7).astype(float)

    n = len(rows)
    days = rows["fieldwork_date"].to_numpy().astype("M8[D]")
    days = texts.day(rng, days, ("iso", "slash", "chinese"), (0.4, 0.4, 0.2))
    days[kind == "missing"], days[kind == "unparseable"] = "", "国庆前"
    seconds = rows["duration_s"].astype(int)
    minutes = (seconds // 60).astype(str) + "分" + (seconds % 60).astype(str) + "秒"
    duration = np.where((rng.random(n) < 0.3) & (seconds >= 60), minutes, seconds.astype(str) + "秒")
    columns = [
        xlsx.numbers(np.arange(1, n + 1)),
        xlsx.texts(days),
        xlsx.texts(duration),
        xlsx.texts(np.array(ORIGINS, dtype=object)[rng.integers(0, 3, n)]),
        xlsx.texts(_damage_ids(id_texts(rng, who), kind)),
        xlsx.texts([f"第{wave}轮"] * n),
        *_answers(rows, USUAL, WORDINGS[(wave - 1) % 2], rng),
        *_answers(rows, RARE, WORDINGS[(wave - 1) % 2], streams(f"survey file rare {wave}")),
        *(_hours(rows[name], rng) for name in ("hours_week", "hours_trace", "hours_substantive")),
        xlsx.numbers(rows["hours_visible"]),
        xlsx.texts([SYNTHETIC] * n),
    ]
    return xlsx.Sheet("Sheet1", [HEADINGS], columns)


def _answers(rows, scales, wordings, rng):
    """Cells of the items of some scales: numbers for the frequency scale, else option texts; skipped ones marked."""
    words = xlsx.texts(np.array(wordings, dtype=object))
    skipped = xlsx.texts(["(跳过)"])[0]
    for _, _, items, low, high, _ in (row for row in SUBSCALES if row[0] in scales):
        for item in items:
            values = rows[item].to_numpy(dtype=float)
            missing = np.isnan(values)
            if high - low + 1 == len(wordings):
                cells = words[np.where(missing, low, values).astype(int) - low]
            else:
                cells = xlsx.numbers(values)
            cells[missing] = np.where(rng.random(missing.sum()) < 0.7, skipped, xlsx.EMPTY)
            yield cells


def _hours(values, rng):
    """Cells of hours: numbers, now and then as text."""
    cells = xlsx.numbers(values)
    odd = np.flatnonzero(rng.random(len(values)) < 0.02)
    texts = values.astype(int).astype(str).to_numpy(dtype=object)[odd]
    forms = np.stack(["约" + texts, texts + "小时"]) if len(odd) else np.empty((2, 0), dtype=object)
    cells[odd] = xlsx.texts(forms[rng.integers(0, 2, len(odd)), np.arange(len(odd))])
    return cells
