"""The small tables: units, yearly reference values, documents received and sent, policies."""

import numpy as np

from jianfu.simulate import raw_xlsx as xlsx
from jianfu.simulate.raw_text import SYNTHETIC, count_texts, csv_bytes
from jianfu.simulate.unit_years import signing

UNITS, YEARS, DOCUMENTS, POLICIES = (
    "乡镇街道名录.xlsx", "年度基本情况汇总.xlsx", "收发文登记_{}年.xls", "减负文件目录.csv",
)  # fmt: skip
UNIT_HEADINGS = ["序号", "机构编码", "机构名称", "县级代码", "所属县", "所属地市", "机构类型", "核定编制",
                 "常住人口(人)", "辖区面积", "一般公共预算收入", "到县城距离", "艰苦边远地区", "设立日期", "撤销日期",
                 "备注"]  # fmt: skip
UNIT_TEXTS = ("unit_code", "unit_name", "county_code", "county_name", "city_name", "unit_type")
UNIT_NUMBERS = ("establishment", "population", "area_km2", "revenue", "distance_km")
YEAR_UPPER = ["单位", "考核年度", "履职事项", "", "权力事项", "", "", "问责与容错", "", "", "", "责任书数", "制度牌数",
              "创新案例申报数", "综合得分", "群众评价", "", "双向考核", "", "", "", "领导签批工时",
              "备注"]  # fmt: skip
YEAR_LOWER = ["", "", "基本事项数", "配合事项数", "执法权", "财权", "人事权", "问责件数", "问责条款数", "容错件数",
              "差错件数", "", "", "", "", "12345办结率", "测评满意度", "群众评议权重", "群众评议得分", "投入工时",
              "风险指数", "", ""]  # fmt: skip
YEAR_COLUMNS = ["n_basic_duty", "n_coop_duty", "n_power_enforcement", "n_power_finance", "n_power_personnel",
                "n_accountability", "n_clauses", "n_tolerance", "n_errors", "n_letters", "n_wall", "n_innovation",
                "score", "outcome_hotline", "outcome_satisfaction", "w_citizen", "score_citizen", "input_hours",
                "risk_index", "leader_approval_hours"]  # fmt: skip
YEAR_SPANS = [(2, 3), (4, 6), (7, 10), (15, 16), (17, 20)]
PAGE = (
    '<html xmlns:x="urn:schemas-microsoft-com:office:excel"><head><meta http-equiv="Content-Type" '
    'content="text/html; charset=gb2312"></head><body><table border="1">\n'
)


def write_units(structure, extraction, texts, folder, streams):
    """The unit table with a re-exported row, totals and a signature."""
    rng = streams("unit file")
    frame = structure.frame
    again = rng.integers(0, len(frame))
    rows = frame.iloc[np.r_[np.arange(len(frame)), again]].reset_index(drop=True)
    n = len(rows)

    def days(name):
        values = rows[name].to_numpy().astype("M8[D]")
        return xlsx.texts(texts.day(rng, values, ("iso", "chinese", "dots"), (0.4, 0.4, 0.2)))

    columns = [
        xlsx.numbers(np.r_[np.arange(1, n), again + 1]),
        *(xlsx.texts(rows[name]) for name in UNIT_TEXTS),
        *(xlsx.numbers(rows[name]) for name in UNIT_NUMBERS),
        xlsx.texts(np.where(rows["hardship"], "是", "否").astype(object)),
        days("valid_from"),
        days("valid_to"),
        xlsx.texts([SYNTHETIC] * n),
    ]
    width = len(columns)
    fill = [""] * (width - 1)
    top = [
        [f"乡镇（街道）名录（{SYNTHETIC}）", *fill],
        [f"填报单位：省级汇总　　数据截至：{extraction}", *fill],
        UNIT_HEADINGS,
    ]
    total = ["合计", "", f"{len(structure.codes)}个", *[""] * (width - 3)]
    bottom = [total, ["填表人：李某某　　审核人：王某某", *fill]]
    merged = [(row, 0, row, width - 1) for row in (0, 1, n + 4)]
    xlsx.write_workbook(folder / UNITS, [xlsx.Sheet("名录", top, columns, bottom, merged)])


def write_unit_years(unit_year, structure, units, folder, streams):
    """Yearly values of all units under headings of two rows."""
    rng = streams("year file")
    n = len(unit_year)
    place = np.searchsorted(structure.codes, unit_year["unit_code"].to_numpy(dtype=str))
    years = unit_year["year"].to_numpy()
    year_cells = xlsx.numbers(years)
    written = rng.random(n) < 0.3
    year_cells[written] = xlsx.texts([f"{y}年" for y in years[written]])
    values = [xlsx.numbers(unit_year[name]) for name in YEAR_COLUMNS]
    columns = [xlsx.texts(units(rng, place)), year_cells, *values, xlsx.texts([SYNTHETIC] * n)]
    width = len(columns)
    fill = [""] * (width - 1)
    top = [
        [f"乡镇（街道）年度基本情况（{SYNTHETIC}）", *fill],
        ["单位：项、件、分", *fill],
        YEAR_UPPER,
        YEAR_LOWER,
    ]
    inside = {c for left, right in YEAR_SPANS for c in range(left, right + 1)}
    merged = [(0, 0, 0, width - 1), (1, 0, 1, width - 1), *((2, a, 2, b) for a, b in YEAR_SPANS)]
    merged += [(2, c, 3, c) for c in range(width) if c not in inside]
    bottom = [["填表人：冯某某　　审核人：许某某", *fill]]
    xlsx.write_workbook(folder / YEARS, [xlsx.Sheet("汇总", top, columns, bottom, merged)])


def write_documents(detail, unit_year, parameters, folder, streams):
    """Documents by unit, month and channel as HTML tables that are called .xls, unit codes partly as floats."""
    counts, months, codes = detail.counts, detail.months, detail.structure.codes
    own = parameters["documents"]
    signs = own["sign_per_document"] * signing(own["signs_after"], unit_year, detail.structure, months)
    for year in np.unique(months.year):
        rng = streams(f"document file {year}")
        t = np.flatnonzero(months.year == year)
        unit, month, channel = (
            a.ravel() for a in np.meshgrid(np.arange(len(codes)), t, (0, 1), indexing="ij")
        )
        number = np.where(channel == 0, counts.paper[unit, month], counts.electronic[unit, month])
        extra = rng.choice(len(unit), int(len(unit) * parameters["raw"]["duplicate_share"]))
        signed = rng.poisson(number * signs[unit, month])
        at = np.sort(np.r_[np.arange(len(unit)), extra])
        unit, month, channel, number, signed = (a[at] for a in (unit, month, channel, number, signed))
        n = len(at)
        code = codes.astype(object)[unit] + np.where(rng.random(n) < 0.5, ".0", "").astype(object)
        forms = np.array(
            [[f"{year}年{m}月", f"{year}{m:02d}", f"{year}-{m:02d}"] for m in months.month], dtype=object
        )
        channels = np.array(["纸质文件", "电子文件"], dtype=object)[channel]
        sign = count_texts(rng, signed, measure="次")
        columns = [code, forms[month, rng.integers(0, 3, n)], channels, count_texts(rng, number), sign]
        lines = ["".join(f"<td>{cell}</td>" for cell in row) for row in zip(*columns, strict=True)]
        broken = _document_damage(columns, parameters["raw"]["damage"], rng)
        lines = np.insert(np.array(lines, dtype=object), np.sort(rng.integers(0, n + 1, len(broken))), broken)
        head = "".join(
            f"<th>{text}</th>" for text in ("机构代码", "统计年月", "收发方式", "公文数量", "签批次数")
        )
        title = f'<tr><td colspan="5">{year}年收发文登记（{SYNTHETIC}）</td></tr>\n<tr>{head}</tr>\n'
        body = "\n".join(f"<tr>{line}</tr>" for line in lines)
        foot = '\n<tr><td colspan="5">填表人：郑某某</td></tr>\n</table></body></html>\n'
        (folder / DOCUMENTS.format(year)).write_bytes((PAGE + title + body + foot).encode("gb18030"))


def _document_damage(columns, number, rng):
    """Rows that must be rejected, one cell wrong each."""
    changes = ((1, "年底"), (3, "若干"), (3, "-5"), (0, "390999998"), (2, "口头"), (3, ""))
    lines = []
    for place in rng.choice(len(columns[0]), number * len(changes)):
        row = [column[place] for column in columns]
        at, text = changes[len(lines) % len(changes)]
        row[at] = text
        lines.append("".join(f"<td>{cell}</td>" for cell in row))
    return lines


def write_policies(policies, texts, folder, streams):
    """Policy list with dates in Chinese numerals and other styles."""
    rng = streams("policy file")
    days = policies["start_date"].to_numpy().astype("M8[D]")
    days = texts.day(rng, days, ("chinese", "numerals", "iso"), (0.4, 0.3, 0.3))
    county = policies["county_code"].fillna("").to_numpy(dtype=object)
    heads = ["政策编号", "政策名称", "实施日期", "适用县代码", "政策主题", "备注"]
    note = [SYNTHETIC] * len(policies)
    columns = [policies["policy_id"], policies["name"], days, county, policies["topic"], note]
    columns = [[head, *column] for head, column in zip(heads, columns, strict=True)]
    (folder / POLICIES).write_bytes(csv_bytes(columns, "utf-8-sig"))
