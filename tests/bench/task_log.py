"""A clean, typical task log of any length, written by DuckDB; every column that the contract has for tasks."""

from pathlib import Path

import duckdb

UNITS = 1_000
COUNTIES = 40
FILE_ROWS = 5_000_000
FIRST_DAY = "2022-01-01"
DAYS = 1_200

# heading -> SQL over i (row number from 0) and h (a hash of it); empty text = empty cell
YES_NO = "CASE WHEN {} THEN '是' ELSE '否' END"
COLUMNS = {
    "编号": "printf('RW%08d', i)",
    "上级任务编号": "CASE WHEN h % 10 = 0 AND i > 1000 THEN printf('RW%08d', i - h % 1000) END",
    "单位代码": f"'390' || (101 + (h % {UNITS}) % {COUNTIES}) || (100 + (h % {UNITS}) // {COUNTIES})",
    "事项类型": "['任务', '任务', '任务', '任务', '检查', '督查', '会议'][1 + (h >> 4) % 7]",
    "牵头单位": "['县委办', '县政府办', '县应急局', '县民政局', '县农业农村局', '市住建局'][1 + (h >> 8) % 6]",
    "下达层级": "['县', '县', '县', '市', '省'][1 + (h >> 11) % 5]",
    "主题": "['防汛', '禁烧', '信访', '环保', '党建', '医保', '统计'][1 + (h >> 14) % 7]",
    "类别": "['经济', '民生', '安全'][1 + (h >> 17) % 3]",
    "下达时间": "strftime(t, '%Y-%m-%d %H:%M')",
    "办结时限": "strftime(t + to_days((1 + (h >> 20) % 20)::INTEGER), '%Y-%m-%d')",
    "办结时间": "CASE WHEN h % 5 > 0 THEN strftime(t + to_hours(1 + (h >> 23) % 300), '%Y-%m-%d %H:%M') END",
    "是否列入年度计划": YES_NO.format("(h >> 26) % 3 = 0"),
    "是否应急": YES_NO.format("(h >> 27) % 20 = 0"),
    "是否一票否决": YES_NO.format("(h >> 28) % 12 = 0"),
    "否决领域": "CASE WHEN (h >> 28) % 12 = 0 THEN '环保' END",
    "方式": "CASE WHEN (h >> 4) % 7 = 4 THEN '实地' END",
    "报表数": "(h >> 30) % 4",
    "文字材料数": "(h >> 32) % 3",
    "照片数": "(h >> 34) % 6",
    "视频数": "CASE WHEN (h >> 36) % 9 = 0 THEN 1 END",
    "是否统一模板": YES_NO.format("(h >> 37) % 2 = 0"),
    "指标数": "CASE WHEN (h >> 38) % 3 = 0 THEN (h >> 40) % 5 END",
    "是否评分": "CASE WHEN (h >> 4) % 7 > 3 THEN '否' END",
    "是否排名": "CASE WHEN (h >> 4) % 7 > 3 THEN '否' END",
    "是否列材料清单": "CASE WHEN (h >> 4) % 7 > 3 THEN '是' END",
    "是否发整改通知": "CASE WHEN (h >> 4) % 7 > 3 THEN '否' END",
    "是否仅留痕": "CASE WHEN (h >> 42) % 5 = 0 THEN '是' END",
    "目标值": "CASE WHEN (h >> 44) % 16 = 0 THEN h % 500 END",
    "是否结合实际调整": "CASE WHEN (h >> 45) % 4 = 0 THEN '否' END",
    "指标编号": "CASE WHEN (h >> 46) % 8 = 0 THEN 'Z' || h % 400 END",
    "准备小时数": "CASE WHEN (h >> 48) % 10 = 0 THEN (h >> 50) % 40 / 2 END",
    "文件哈希": "CASE WHEN (h >> 47) % 50 = 0 THEN substr(md5(i::VARCHAR), 1, 16) END",
    "退回次数": "CASE WHEN (h >> 52) % 6 = 0 THEN 1 END",
    "退回原因": "CASE WHEN (h >> 52) % 6 = 0 THEN '数据不全' END",
    "是否系统自动记录": YES_NO.format("(h >> 54) % 2 = 0"),
}


def write_log(folder, name, rows):
    """Task log of ``rows`` rows as UTF-8 text in files ``<name>_<number>.csv`` of at most :data:`FILE_ROWS`; times rise
    with the row number, as in an export."""
    cells = ", ".join(f'{sql} AS "{heading}"' for heading, sql in COLUMNS.items())
    step = DAYS * 86_400 / rows
    for number, first in enumerate(range(0, rows, FILE_ROWS)):
        duckdb.sql(
            f"""
            COPY (
                SELECT {cells} FROM (
                    SELECT i, (hash(i) >> 4)::BIGINT AS h,
                        TIMESTAMP '{FIRST_DAY}' + to_seconds((i * {step})::BIGINT) AS t
                    FROM range({first}, {min(first + FILE_ROWS, rows)}) AS source(i)
                )
            ) TO '{folder / f"{name}_{number:03d}.csv"}' (HEADER, DELIMITER ',')
            """
        )


def write_units(path):
    """The unit table that the codes of the log belong to."""
    lines = ["单位代码,单位名称,县区代码,县区名称"]
    for unit in range(UNITS):
        county = f"390{101 + unit % COUNTIES}"
        lines.append(f"{county}{100 + unit // COUNTIES},第{unit}镇,{county},第{unit % COUNTIES}县")
    Path(path).write_text("\n".join(lines) + "\n", encoding="utf-8")


def recode(source, target, encoding="gb18030"):
    """The same file in another encoding."""
    with (
        open(source, encoding="utf-8", newline="") as text,
        open(target, "w", encoding=encoding, newline="") as out,
    ):
        while chunk := text.read(1 << 24):
            out.write(chunk)
