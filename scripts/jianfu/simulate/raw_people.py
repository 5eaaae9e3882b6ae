"""Roster of the opening stock and ledger of movements as workbooks with heading rows, totals and signatures."""

import numpy as np
import pandas as pd

from jianfu.simulate import raw_xlsx as xlsx
from jianfu.simulate.careers import DESTINATIONS, EXIT_TYPES
from jianfu.simulate.identity import id_numbers
from jianfu.simulate.raw_text import SYNTHETIC, id_texts, person_names, phone_numbers

ROSTER, LEDGER = "干部名册_期初.xlsx", "人员增减变动台账.xlsx"
UPPER = ["序号", "姓名", "公民身份号码", "性别", "出生年月", "学历层次", "现工作单位", "任职情况", "", "", "编制性质",
         "录用方式", "时间", "", "", "手机号码", "备注"]  # fmt: skip
LOWER = ["", "", "", "", "", "", "", "职务岗位", "现职级", "任现职级时间", "", "", "参加工作日期", "进入本单位时间",
         "服务期满日期", "", ""]  # fmt: skip
SPANS = [(7, 9), (12, 14)]
LEDGER_HEADINGS = ["序号", "人员变动类别", "姓名", "公民身份号码", "性别", "单位名称", "变动日期", "变动事由",
                   "流向层级", "进入本单位时间", "学历层次", "编制性质", "录用方式", "职务岗位", "现职级",
                   "任现职级时间", "参加工作日期", "服务期满日期", "备注"]  # fmt: skip
REASONS = {
    "辞职": ("辞职", "辞去公职"),
    "遴选": ("遴选", "公开遴选"),
    "考录": ("考录", "考录到其他单位"),
    "调出": ("调出", "商调", "转任"),
    "借调": ("借调", "抽调"),
    "退休": ("退休", "到龄退休"),
    "死亡": ("死亡", "病故"),
    "开除": ("开除", "开除公职"),
    "组织选派": ("组织选派", "挂职"),
    "乡镇间调动": ("乡镇间调动", "乡镇间交流"),
}
LEVELS = {"乡": "乡镇", "县": "县直单位", "市": "市直单位", "省": "省直", "国家": "部委", "其他": "体制外"}
DAYS, DAY_WEIGHTS = ("iso", "slash", "chinese", "dots"), (0.4, 0.2, 0.25, 0.15)
TRAITS = ("education", "bianzhi", "entry_route", "role", "rank")
ROSTER_DAMAGE = ("missing_unit", "unknown_unit", "unparseable", "implausible", "damaged_id", "float_id",
                 "overlap", "overlap", "conflict", "conflict")  # fmt: skip
LEDGER_DAMAGE = ("damaged_id", "unparseable", "unknown_unit", "missing_date", "exit_before_entry",
                 "conflict", "conflict")  # fmt: skip
FAKE_PREFIX = "399999"  # home of persons who exist only in damaged rows


def strangers(rng, n, like):
    """Rows of invented persons for damaged rows: the traits of real rows ``like`` under new ID numbers."""
    birth = np.datetime64("1975-01-01") + rng.integers(0, 9000, n)
    male = rng.random(n) < 0.5
    rows = like.reset_index(drop=True).copy()
    rows["id_number"] = id_numbers([FAKE_PREFIX], np.zeros(n, dtype=int), birth, male)
    rows["birth_ym"] = np.datetime_as_string(birth, unit="M").astype(object)
    rows["sex"] = np.where(male, "男", "女").astype(object)
    return rows


def roster_book(detail, texts, units, parameters, folder, streams):
    """Workbook (path, sheets) of everyone in post, or away on secondment, on the day before the window."""
    rng = streams("roster file")
    people = detail.attributes.loc[: detail.persons.stock - 1]
    first = _first_spells(detail).reindex(people.index)
    people = people.assign(unit=first["unit"].astype(int), post=first["start"])
    people = people.sort_values(["unit", "role", "hire_date"], kind="stable", ignore_index=True)
    duplicates = people.iloc[
        rng.choice(len(people), max(int(len(people) * parameters["duplicate_share"]), 1))
    ]
    kinds = np.array(ROSTER_DAMAGE * parameters["damage"], dtype=object)
    bad = strangers(rng, len(kinds), people.iloc[rng.choice(len(people), len(kinds))])
    bad = _pairs(bad, kinds)
    rows = pd.concat([people, duplicates, bad], ignore_index=True)
    kind = np.r_[np.full(len(people) + len(duplicates), "", dtype=object), kinds]
    order = np.argsort(
        np.r_[np.arange(len(people)), rng.random(len(rows) - len(people)) * len(people)], kind="stable"
    )
    rows, kind = rows.iloc[order].reset_index(drop=True), kind[order]

    n = len(rows)
    place = units(rng, rows["unit"].to_numpy())
    identity = id_texts(rng, rows["id_number"].to_numpy(dtype=object))
    start = _dates(texts, rng, rows["post"])
    place[kind == "missing_unit"], place[kind == "unknown_unit"] = "", "外县某镇"
    start[kind == "unparseable"] = xlsx.texts(["上旬"])[0]
    start[kind == "implausible"] = xlsx.texts(["1024-03-05"])[0]
    identity = _damage_ids(identity, kind)
    columns = [
        xlsx.numbers(np.arange(1, n + 1)),
        xlsx.texts(person_names(rng, n)),
        xlsx.texts(identity),
        xlsx.texts(rows["sex"]),
        xlsx.texts(_birth_texts(rng, rows["birth_ym"])),
        xlsx.texts(rows["education"]),
        xlsx.texts(place),
        xlsx.texts(rows["role"]),
        xlsx.texts(rows["rank"]),
        _dates(texts, rng, rows["rank_since"]),
        xlsx.texts(rows["bianzhi"]),
        xlsx.texts(rows["entry_route"]),
        _dates(texts, rng, rows["hire_date"]),
        start,
        _dates(texts, rng, rows["lock_until"]),
        xlsx.texts(phone_numbers(rng, n)),
        xlsx.texts([SYNTHETIC] * n),
    ]
    width = len(columns)
    day = str(detail.months.first[0] - 1)
    top = [[f"干部名册（截至{day}）{SYNTHETIC}", *[""] * (width - 1)],
           ["填报单位：组织部　　密级：内部（虚构数据）", *[""] * (width - 1)], UPPER, LOWER]  # fmt: skip
    inside = {c for left, right in SPANS for c in range(left, right + 1)}
    merged = [(0, 0, 0, width - 1), (1, 0, 1, width - 1), *((2, a, 2, b) for a, b in SPANS)]
    merged += [(2, c, 3, c) for c in range(width) if c not in inside]
    bottom = [["填表人：孙某某　　审核人：周某某", *[""] * (width - 1)]]
    return folder / ROSTER, [xlsx.Sheet("名册", top, columns, bottom, merged)]


def _first_spells(detail):
    """First spell of every slot: frame with the slot as index."""
    return detail.careers.spells.sort_values(["slot", "start"]).drop_duplicates("slot").set_index("slot")


def _pairs(bad, kinds):
    """The second row of each pair is the same person: at another unit (overlap), or with another education."""
    bad = bad.copy()
    for kind in ("overlap", "conflict"):
        at = np.flatnonzero(kinds == kind)
        first, second = at[::2], at[1::2]
        for name in bad.columns:
            bad.loc[second, name] = bad.loc[first, name].to_numpy()
        if kind == "overlap":
            bad.loc[second, "unit"] = (bad.loc[first, "unit"].to_numpy() + 1) % (bad["unit"].max() + 1)
        else:
            bad.loc[first, "education"], bad.loc[second, "education"] = "大专", "本科"
    return bad


def _damage_ids(identity, kind):
    """Failing check digits, and numbers that a spreadsheet turned into floats."""
    identity = identity.copy()
    for place in np.flatnonzero(kind == "damaged_id"):
        number = identity[place].strip("'\t").upper()
        identity[place] = number[:17] + ("1" if number[17] != "1" else "2")
    for place in np.flatnonzero(kind == "float_id"):
        identity[place] = f"{float(identity[place].strip(chr(39) + chr(9)).upper().replace('X', '0')):.14E}"
    return identity


def _dates(texts, rng, days):
    """Dates of day precision: texts in mixed styles, a quarter of them real dates."""
    days = days.to_numpy().astype("M8[D]")
    cells = xlsx.texts(texts.day(rng, days, DAYS, DAY_WEIGHTS))
    real = (rng.random(len(days)) < 0.25) & ~np.isnat(days)
    cells[real] = xlsx.dates(days[real])
    return cells


def _birth_texts(rng, months):
    year, month = months.str[:4], months.str[5:]
    number = month.astype(int).astype(str)
    forms = np.stack([year + "." + month, year + "年" + number + "月", year + month, year + "-" + month])
    return forms[rng.integers(0, 4, len(months)), np.arange(len(months))]


def ledger_rows(detail):
    """Movements in order of their date: frame with movement, date, reason, level, unit, repeated start and traits."""
    spells = detail.careers.spells
    out = spells[spells["exit_type"] > 0]
    leaving = pd.DataFrame(
        {
            "slot": out["slot"],
            "movement": "减员",
            "date": out["end"],
            "unit": out["unit"],
            "reason": np.array(EXIT_TYPES, dtype=object)[out["exit_type"]],
            "level": np.array(["", *(LEVELS[d] for d in DESTINATIONS[1:])], dtype=object)[out["destination"]],
            "start": out["start"],
        }
    )
    ordered = spells.sort_values(["slot", "start"])
    first = ~ordered["slot"].duplicated()
    before = ordered["exit_type"].shift()
    away = ~ordered["on_post"].shift(fill_value=True).astype(bool)
    new = ordered["on_post"] & (~first | (ordered["slot"] >= detail.persons.stock))
    moved = before == EXIT_TYPES.index("乡镇间调动")
    reason = np.select([first, away, moved], ["新录用", "借调返回", "乡镇间调入"], "")
    arriving = ordered.assign(movement="增员", date=ordered["start"], reason=reason.astype(object), level="")[
        new
    ]
    arriving = arriving[["slot", "movement", "date", "unit", "reason", "level"]].assign(
        start=np.datetime64("NaT")
    )
    rows = pd.concat([leaving, arriving], ignore_index=True)
    people = detail.attributes.loc[rows["slot"]].reset_index(drop=True)
    rows = pd.concat([rows, people.drop(columns=["birth", "male", "person_key"])], axis=1)
    return rows.sort_values(["date", "slot", "movement"], kind="stable", ignore_index=True)


def ledger_book(detail, texts, units, parameters, folder, streams):
    """Workbook (path, sheets) of the movements, one sheet per year."""
    rows = ledger_rows(detail)
    years = rows["date"].dt.year
    sheets = []
    for year in sorted(years.unique()):
        rng = streams(f"ledger {year}")
        part = rows[years == year]
        kinds = LEDGER_DAMAGE * (len(part) // 500) or LEDGER_DAMAGE[: len(part) // 100]
        sheets.append(_ledger_sheet(part, np.array(kinds, dtype=object), year, texts, units, rng, parameters))
    return folder / LEDGER, sheets


def _ledger_sheet(part, kinds, year, texts, units, rng, parameters):
    duplicates = part.iloc[rng.choice(len(part), int(len(part) * parameters["duplicate_share"]))]
    bad = strangers(rng, len(kinds), part.iloc[rng.choice(len(part), len(kinds))])
    bad = _pairs(bad, kinds).assign(start=pd.NaT)
    bad["movement"] = np.where(kinds == "exit_before_entry", "减员", "增员")
    bad["reason"] = np.where(kinds == "exit_before_entry", "退休", "新录用")
    bad["level"] = ""
    bad.loc[kinds == "exit_before_entry", "start"] = bad["date"] + pd.Timedelta(days=200)
    rows = pd.concat([part, duplicates, bad], ignore_index=True)
    kind = np.r_[np.full(len(part) + len(duplicates), "", dtype=object), kinds]
    order = np.argsort(rows["date"].to_numpy(), kind="stable")
    rows, kind = rows.iloc[order].reset_index(drop=True), kind[order]

    n = len(rows)
    place = units(rng, rows["unit"].to_numpy())
    place[kind == "unknown_unit"] = "外县某镇"
    identity = _damage_ids(id_texts(rng, rows["id_number"].to_numpy(dtype=object)), kind)
    date = _dates(texts, rng, rows["date"])
    date[kind == "unparseable"], date[kind == "missing_date"] = xlsx.texts(["月底前"])[0], xlsx.EMPTY
    wordings = [REASONS.get(reason, (reason,)) for reason in rows["reason"]]
    reasons = [
        words[int(number[-4:-1]) % len(words)]
        for words, number in zip(wordings, rows["id_number"], strict=True)
    ]
    columns = [
        xlsx.numbers(np.arange(1, n + 1)),
        xlsx.texts(rows["movement"]),
        xlsx.texts(person_names(rng, n)),
        xlsx.texts(identity),
        xlsx.texts(rows["sex"]),
        xlsx.texts(place),
        date,
        xlsx.texts(reasons),
        xlsx.texts(rows["level"]),
        _dates(texts, rng, rows["start"]),
        *(xlsx.texts(rows[name]) for name in TRAITS),
        _dates(texts, rng, rows["rank_since"]),
        _dates(texts, rng, rows["hire_date"]),
        _dates(texts, rng, rows["lock_until"]),
        xlsx.texts([SYNTHETIC] * n),
    ]
    width = len(columns)
    top = [[f"{year}年人员增减变动台账（{SYNTHETIC}）", *[""] * (width - 1)], LEDGER_HEADINGS]
    bottom = [["合计", f"{n}人次", *[""] * (width - 2)], ["填表人：吴某某", *[""] * (width - 1)]]
    merged = [(0, 0, 0, width - 1), (n + 3, 0, n + 3, width - 1)]
    return xlsx.Sheet(f"{year}年", top, columns, bottom, merged)
