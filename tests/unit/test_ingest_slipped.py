"""Rows that have slipped by a column, persons in cells that are no place for them: nobody is named in any output."""

import csv
import io
import logging

import openpyxl
import pytest
from ingest_cases import ROOT, SAMPLE, ingest_rows
from sample_identifiers import found_in, identifiers

from jianfu.core.errors import DataError
from jianfu.core.keys import SYNTHETIC_KEY
from jianfu.core.logs import LOGGER
from jianfu.core.messages import message
from jianfu.core.personal import ID, NAME, PHONE, is_name, is_number, mask_numbers, mask_place, mask_quoted
from jianfu.core.reasons import Reason
from jianfu.ingest.tables import ingest_table
from jianfu.province.load import load_province

PERSON = "39012319770905011X"
ROWS = 120  # of every sheet


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (PERSON, ID),
        ("390123770905011", ID),
        ("３９０１２３１９７７０９０５０１１X", ID),
        ("390123 19770905 011x", ID),
        ("3.9012319770905e+17", ID),
        (f"张三（{PERSON}）", f"张三（{ID}）"),
        ("电话13812345678，请联系", f"电话{PHONE}，请联系"),
        ("+86 138-1234-5678", PHONE),
        ("国办函〔2026〕12号", "国办函〔2026〕12号"),
        ("341126202403050012", "341126202403050012"),  # a number of a task: nobody was born then
        ("390121101000", "390121101000"),
        ("20240305", "20240305"),
        ("2024-03-05 16:20:00", "2024-03-05 16:20:00"),
        ("a1b2c3138123456789", "a1b2c3138123456789"),
    ],
)
def test_numbers_are_masked_wherever_they_stand(text, masked):
    assert mask_numbers(text) == masked
    assert is_number(text) == (masked in (ID, PHONE))


@pytest.mark.parametrize(
    "name",
    [
        "张三",
        "欧阳建国",
        "王 芳",
        "阿依古丽·买买提",
        "司马光",
        "李𠅤华",
        "仉迟",
        "扎西拉姆",
        "旦增平措",
        "央金卓玛",
    ],
)
def test_names_are_known_by_their_shape(name):
    assert is_name(name)


@pytest.mark.parametrize(
    "word",
    [
        "高桥镇",
        "事业编制",
        "安置",
        "行政编制",
        "文书",
        "管理岗",
        "正科级",
        "本科",
        "遴选",
        "安全生产",
        "未知",
        "林业",
        "",
    ],
)
def test_ordinary_words_are_no_names(word):
    assert not is_name(word)


def test_messages_and_tracebacks_name_nobody():
    assert PERSON not in message(Reason("own_table_empty", file=f"{PERSON}.xlsx"))
    assert mask_quoted(f"could not convert string to float: '张三丰' {PERSON}") == (
        f"could not convert string to float: '{NAME}' {ID}"
    )


# ------------------------------------------------------------------------------------------------ one table

HEAD = ["姓名", "身份证号", "单位", "出生年月", "编制类型", "spell_start"]


def staff(n):
    """ID numbers with check digits and names of ``n`` persons."""
    from jianfu.ingest.people import _check_digit

    numbers = [f"390123198{i % 10}0{1 + i % 9}15{i:03d}" for i in range(n)]
    family, given = "王李张刘陈杨赵黄周吴", "伟芳娜敏静丽强磊军洋"
    names = [family[i % 10] + given[i // 10 % 10] + given[i % 7] for i in range(n)]
    return names, [number + _check_digit(number) for number in numbers]


def test_names_in_a_category_column_are_bad_cells_and_counted(tmp_path):
    names, numbers = staff(80)
    rows = [
        [n, i, "河口镇", "1980-01", "事业编制", "2020-01-01"] for n, i in zip(names, numbers, strict=True)
    ]
    for place in (3, 40, 41):
        rows[place][4] = names[place]
    rows[7][4] = PERSON
    result = ingest_rows(tmp_path, "spells", [HEAD, *rows], source={"table": "roster"})
    canonical = result.canonical.to_pandas()
    assert set(canonical["bianzhi"].dropna()) == {"事业"} and canonical["bianzhi"].isna().sum() == 4
    counts = result.counts.set_index(["outcome", "reason", "column"])["rows"]
    assert counts["bad_optional_value", "personal_cell", "bianzhi"] == 4


def test_a_category_of_the_province_is_kept_whatever_its_shape(tmp_path):
    names, numbers = staff(30)
    rows = [[n, i, "河口镇", "1980-01", "高编", "2020-01-01"] for n, i in zip(names, numbers, strict=True)]
    rows[0][4], rows[1][4] = "李代桃", "李代桃"
    source = {"table": "roster", "values": {"bianzhi": {"李代桃": "李代桃"}}}
    canonical = ingest_rows(tmp_path, "spells", [HEAD, *rows], source=source).canonical.to_pandas()
    assert (canonical["bianzhi"] == "李代桃").sum() == 2


def test_numbers_within_a_text_are_masked_and_the_text_stays(tmp_path):
    head = ["任务编号", "单位", "事项类型", "下达时间", "退回原因"]
    rows = [[f"A{i}", "河口镇", "任务", "2024-03-01", f"材料不全，联系1381234{i:04d}"] for i in range(5)]
    canonical = ingest_rows(tmp_path, "tasks", [head, *rows]).canonical.to_pandas()
    assert set(canonical["return_reason"]) == {f"材料不全，联系{PHONE}"}


@pytest.mark.parametrize(
    ("place", "masked"),
    [
        ("王小明.xlsx", f"{NAME}.xlsx"),
        ("花名册（王小明整理）.xlsx", f"花名册（{NAME}整理）.xlsx"),
        ("张三", NAME),
        ("项目表.csv", "项目表.csv"),
        ("张三丰村.csv", "张三丰村.csv"),
        ("390121198001011234.xls", f"{ID}.xls"),
        ("13812345678_考勤", f"{PHONE}_考勤"),
    ],
)
def test_names_of_files_and_sheets_tell_nobody(place, masked):
    """What the name column holds is masked; words of the shape of a name that no person bears stay."""
    assert mask_place(place, {"王小明", "张　三", "李四"}) == masked


def test_books_do_not_tell_persons_after_whom_files_and_sheets_are_called(tmp_path):
    names, numbers = staff(2)
    for name, number in zip(names, numbers, strict=True):
        book = openpyxl.Workbook()
        book.active.title = name
        for row in (HEAD, [name, number, "河口镇", "1980-01", "事业编制", "不详"]):
            book.active.append(row)
        book.save(tmp_path / f"花名册_{name}_{number}.xlsx")
    result = ingest_rows(tmp_path, "spells", None, name="花名册_*.xlsx", source={"table": "roster"})
    books = [result.counts, result.columns, result.notices, result.quarantine]
    text = "".join(book.to_csv(index=False) for book in books)
    assert f"花名册_{NAME}_{ID}.xlsx,{NAME}," in text
    assert not any(personal in text for personal in (*names, *numbers))


# ------------------------------------------------------------------------------------------------ all kinds of files


def slipped(source, target):
    """Copy the raw files; from the sixth row on every row is rotated, each by another number of columns."""

    def rotated(rows):
        return [[*row[n % len(row) :], *row[: n % len(row)]] if n >= 6 else row for n, row in enumerate(rows)]

    target.mkdir()
    for path in sorted(source.iterdir()):
        if path.suffix == ".xlsx" and "基本信息" not in path.name:
            book = openpyxl.load_workbook(path)
            for sheet in book:
                rows = [list(row) for row in sheet.iter_rows(values_only=True)][:ROWS]
                sheet.delete_rows(1, sheet.max_row)
                for row in rotated(rows):
                    sheet.append(row)
            book.save(target / path.name)
        elif path.suffix == ".csv" and path.name.startswith("督查"):
            rows = list(csv.reader(io.StringIO(path.read_bytes().decode("gb18030"), newline="")))[:ROWS]
            text = io.StringIO(newline="")
            csv.writer(text).writerows(rotated(rows))
            (target / path.name).write_bytes(text.getvalue().encode("gb18030"))
        else:
            (target / path.name).write_bytes(path.read_bytes())


def test_no_identifier_of_slipped_rows_in_any_file(tmp_path):
    slipped(SAMPLE / "raw", tmp_path / "raw")
    province = load_province("sample", ROOT, [ROOT / "config" / "provinces"])
    log = io.StringIO()
    handler, level = logging.StreamHandler(log), LOGGER.level
    LOGGER.addHandler(handler)
    LOGGER.setLevel(logging.DEBUG)
    units, written = None, {}
    try:
        for table in ("units", "tasks", "spells", "survey"):
            try:
                result = ingest_table(
                    table,
                    str(tmp_path / "raw"),
                    province,
                    ROOT / "config" / "plan",
                    ROOT / "workflow" / "schemas" / "canonical.yaml",
                    units,
                    SYNTHETIC_KEY,
                )
            except DataError as error:
                written[table] = str(error)
                continue
            units = result.canonical.to_pandas() if table == "units" else units
            books = (
                result.quarantine,
                result.counts,
                result.columns,
                result.notices,
                result.canonical.to_pandas(),
            )
            written |= {(table, n): book.to_csv(index=False) for n, book in enumerate(books)}
    finally:
        LOGGER.removeHandler(handler)
        LOGGER.setLevel(level)
    cells = identifiers(SAMPLE / "raw")
    for place, text in {**written, "log": log.getvalue()}.items():
        assert not found_in(text, cells), place
    everything = "".join(map(str, written.values()))
    assert NAME in everything and ID in everything and PHONE in everything


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("电话0551-62834719转3", "电话〔电话〕转3"),
        ("（0552）3082716", "〔电话〕"),
        ("联系人zhang.wg@163.com", "联系人〔邮箱〕"),
        ("zhang＠163.com", "〔邮箱〕"),
        ("6222 0213 0200 9876 540", "〔银行卡〕"),
        ("6222021302009876540", "〔银行卡〕"),
        ("6222021302009876543", "6222021302009876543"),  # no check digit of a card
        ("620102202401010002", "620102202401010002"),
        ("0551-2024-0131", "0551-2024-0131"),
        ("皖政〔2024〕12号", "皖政〔2024〕12号"),
    ],
)
def test_landlines_cards_and_mail_addresses_are_masked(text, masked):
    assert mask_numbers(text) == masked
