"""The log of a simulated province as a usual office would export it: names, units, times, states; no flags.

Supervision ledgers (one workbook per half-year), inspection registers (one per year) and monthly sheets of app use,
made from canonical columns. What the full log says in flags stands in the titles (:mod:`usual_titles`); some checks
stand in the ledger alone; a task that went to several units with one issue and due time is one row. All synthetic.
"""

from pathlib import Path

import numpy as np
import pandas as pd
from usual_titles import write_titles

from jianfu.simulate import raw_xlsx as xlsx
from jianfu.simulate.raw_text import SYNTHETIC

LEDGER, REGISTER, APPS = "督查督办台账_{}年{}半年.xlsx", "检查调研登记_{}年.xlsx", "政务应用月报_{}.xlsx"
LEDGER_HEADINGS = ["序号", "任务名称", "任务来源", "牵头单位", "责任单位", "交办时间", "办结时限", "签收时间",
                   "反馈时间", "办结时间", "状态", "是否逾期", "备注"]  # fmt: skip
REGISTER_HEADINGS = ["序号", "检查名称", "组织单位", "类型", "起止时间", "被检单位", "方式", "备注"]
APP_HEADINGS = ["应用", "单位", "月份", "操作类型", "次数"]
CHECKS = ("检查", "督查", "考核", "巡察", "观摩", "调研", "视察", "指导")
LEDGER_ONLY = 0.2  # share of checks and visits that no register shows
UNFINISHED_DATE = 0.25  # share of finished tasks whose 办结时间 is left empty: 反馈时间 and 状态 tell
FINISHED, OPEN, LATE = "已办结", "办理中", "逾期未办结"
SOURCES = {"国家": "国家部委部署", "省": "省级部署", "市": "市级交办", "县": "县级安排"}


def write_usual(tasks, app_activity, units, folder, extraction, streams) -> None:
    """Write ledgers, registers and app sheets to ``folder``.

    tasks, app_activity, units   frames with canonical columns
    extraction                   day on which the exports are made (what is not done by then is open)
    streams                      :class:`jianfu.simulate.streams.Streams`
    """
    folder = Path(folder)
    latest = units.sort_values("valid_from", kind="stable").drop_duplicates("unit_code", keep="last")
    names = _names(latest)
    rows = _together(tasks, latest, names)
    rows["title"] = write_titles(rows, streams("usual titles"))
    is_check = rows["event_label"].isin(CHECKS).to_numpy()
    in_ledger = ~is_check | (streams("usual ledger").random(len(rows)) < LEDGER_ONLY)
    ledger, register = rows[in_ledger], rows[~in_ledger]
    for (year, half), part in ledger.groupby(
        [ledger["issue_at"].dt.year, (ledger["issue_at"].dt.month > 6) * 1]
    ):
        rng = streams(f"usual ledger {year} {half}")
        _write(folder / LEDGER.format(year, "上下"[half]), LEDGER_HEADINGS, _ledger(part, extraction, rng))
    for year, part in register.groupby(register["issue_at"].dt.year):
        _write(folder / REGISTER.format(year), REGISTER_HEADINGS, _register(part))
    for month, part in app_activity.groupby("month"):
        counts = xlsx.numbers(part["count"])
        texts = [xlsx.texts(c) for c in (part["app_name"], part["unit_code"].map(names), part["month"])]
        columns = [*texts, xlsx.texts(part["action_type"]), counts]
        _write(folder / APPS.format(month.replace("-", "")), APP_HEADINGS, columns)


def _names(units):
    """Name by code: with the county in front where several units share it."""
    shared = units["unit_name"].duplicated(keep=False)
    full = np.where(shared, units["county_name"] + units["unit_name"], units["unit_name"])
    return dict(zip(units["unit_code"], full, strict=True))


def _together(tasks, units, names):
    """One row per task: units that share a task with one issue and due time in one cell, the last time it was done."""
    tasks = tasks.sort_values(["issue_at", "task_id", "unit_code"], kind="stable", ignore_index=True)
    keys = ["task_id", "issue_at", "due_at", "event_label"]
    same = tasks.groupby(keys, dropna=False, sort=False)
    rows = tasks.drop_duplicates(keys).reset_index(drop=True)
    members = same["unit_code"].agg(list).to_list()
    rows["unit"] = [_unit_cell(codes, units, names) for codes in members]
    done = same["done_at"].agg(lambda times: times.max() if times.notna().all() else pd.NaT)
    rows["done_at"] = pd.to_datetime(done.to_numpy())
    return rows


def _unit_cell(codes, units, names):
    """甲镇、乙镇; 某县各乡镇（街道） where all of a county are meant."""
    if len(codes) > 1:
        county = units.loc[units["unit_code"] == codes[0], "county_name"].item()
        if set(codes) == set(units.loc[units["county_name"] == county, "unit_code"]):
            return f"{county}各乡镇（街道）"
    return "、".join(names[code] for code in codes)


def _ledger(rows, extraction, rng):
    n = len(rows)
    issue, due, done = (rows[name] for name in ("issue_at", "due_at", "done_at"))
    end = pd.Timestamp(extraction) + pd.Timedelta(days=1)
    finished = (done < end).to_numpy()
    until = done.where(finished, end)
    late = (until.dt.normalize() > due.dt.normalize()).to_numpy()
    received = issue + pd.to_timedelta(rng.integers(5, 240, n), unit="min")
    told = rng.random(n) >= UNFINISHED_DATE
    state = np.where(finished, FINISHED, np.where(late, LATE, OPEN))
    return [
        xlsx.numbers(np.arange(1, n + 1)),
        xlsx.texts(rows["title"]),
        xlsx.texts(rows["issuer_level"].map(SOURCES).fillna("")),
        xlsx.texts(rows["issuer"].fillna("")),
        xlsx.texts(rows["unit"]),
        xlsx.texts(_times(issue)),
        xlsx.texts(_times(due)),
        xlsx.texts(_times(received.where(issue != issue.dt.normalize(), issue))),
        xlsx.texts(_times(done.where(finished))),
        xlsx.texts(_times(done.where(finished & told))),
        xlsx.texts(state),
        xlsx.texts(np.where(late, "是", "否")),
        xlsx.texts([SYNTHETIC] * n),
    ]


def _register(rows):
    return [
        xlsx.numbers(np.arange(1, len(rows) + 1)),
        xlsx.texts(rows["title"]),
        xlsx.texts(rows["issuer"].fillna("")),
        xlsx.texts(rows["event_label"]),
        xlsx.texts(_periods(rows["issue_at"], rows["done_at"])),
        xlsx.texts(rows["unit"]),
        xlsx.texts(rows["check_mode"].fillna("")),
        xlsx.texts([SYNTHETIC] * len(rows)),
    ]


def _times(times):
    """2024-03-05 09:30, or 2024-03-05 at midnight, which stands for a day."""
    minutes = times.dt.strftime("%Y-%m-%d %H:%M").fillna("")
    return minutes.str.removesuffix(" 00:00").to_numpy(object)


def _periods(start, end):
    """2024-03-05 09:00-11:30 within a day, else 2024-03-05至2024-03-07; 2024-03-05 where no end is known."""
    same_day = (start.dt.normalize() == end.dt.normalize()).to_numpy()
    return [
        first
        if not last
        else f"{first}-{last[11:]}"
        if same and len(last) > 10 < len(first)
        else f"{first}至{last}"
        for first, last, same in zip(_times(start), _times(end), same_day, strict=True)
    ]


def _write(path, headings, columns):
    title = [f"{path.stem}（{SYNTHETIC}）", *[""] * (len(headings) - 1)]
    merged = [(0, 0, 0, len(headings) - 1)]
    xlsx.write_workbook(path, [xlsx.Sheet("Sheet1", [title, headings], columns, [], merged)])
