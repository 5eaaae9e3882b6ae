"""What is known before looking: canonical tables, usual headings and wordings, and words that hint at a column."""

import csv
from pathlib import Path

from jianfu.config.files import read_yaml
from jianfu.core.messages import message, spoken
from jianfu.core.reasons import Reason
from jianfu.ingest.headings import IGNORED, PERSONAL, SECOND, Dictionary, Matcher, normal_heading
from jianfu.ingest.schema import load_responses, load_tables
from jianfu.ingest.values import Wordings

TABLES = (
    "units",
    "tasks",
    "app_activity",
    "roster",
    "ledger",
    "survey",
    "documents",
    "unit_year",
    "policies",
    "app_days",
    "punches",
)
# How sure a proposal is; the codes of its words.
HIGH, MEDIUM, LOW = "sure_high", "sure_medium", "sure_low"
# Words in file, sheet or title that hint at a table.
TABLE_HINTS = {
    "units": "名录|基本信息|机构表|乡镇.{0,4}表|区划|单位表",
    "tasks": "督查|督办|台账|任务|交办|派单|工单|检查|调研|观摩|考核记录|巡察|到访",
    "app_activity": "应用|app|打卡|平台|小程序|钉",
    "roster": "花名册|名册|人员信息|在职人员|干部信息",
    "ledger": "增减|变动|异动|调动|流动",
    "survey": "问卷|答卷|调查表|测评",
    "documents": "收发文|公文|发文|收文",
    "unit_year": "年度|年报|综合情况|履职|责任状",
    "policies": "政策|减负文件|减负政策|文件目录|文件清单",
    "app_days": "按日|每日|日报",
    "punches": "打卡|签到|考勤|流水|明细",
}
# Words that hint at a column where no known heading is near.
COLUMN_HINTS = {
    "unit_name": "单位|主体|乡镇|街道|部门|地方|机构|所在|承接",
    "county_name": "县|区",
    "task_id": "编号|流水|单号|编码|序列",
    "parent_task_id": "上级|父|来源编号|关联",
    "event_label": "种类|类型|类别|性质",
    "issuer": "牵头|来源|下达单位|派单单位|组织",
    "issuer_level": "层级|级别",
    "issue_at": "派|下达|交办|布置|下发|立项|发起|开始|起始|到访",
    "due_at": "最迟|最晚|时限|期限|截止|限期|要求|到期|之前|前完成",
    "done_at": "办结|完成|销号|结束|实际|归档",
    "emergency": "急",
    "is_veto": "否决",
    "in_annual_plan": "计划",
    "template_required": "模板",
    "is_trace_only": "留痕",
    "is_adapted": "因地|实际|本地|调整",
    "n_table": "表",
    "n_text": "材料|文字|文稿",
    "n_photo": "照片|图片|图",
    "n_video": "视频",
    "n_return": "退回|驳回|返工",
    "app_name": "应用|平台|app|程序|系统",
    "action_type": "操作|动作|行为|功能",
    "punched_at": "打卡|签到|考勤",
    "count": "次数|数量|总数|条数|合计",
    "off_hours_count": "非工作|下班|八小时外",
    "rest_day_count": "休息日|周末|节假日",
    "month": "月",
    "channel": "渠道|载体|方式",
    "n_docs": "文数|件数|份数|数量",
    "n_sign": "签|批",
    "year": "年",
    "spell_start": "到.{0,5}(时间|日期)|来.{0,4}(时间|日期)|入职|到岗",
    "hire_date": "工作时间|参工|工作日期",
    "rank_since": "职级时间|职级日期",
    "lock_until": "服务期|期满",
    "birth_ym": "出生|生日",
    "movement": "增减|变动|类别|进出",
    "date": "时间|日期",
    "exit_type": "原因|事由|缘由|去因",
    "destination_level": "去向|流向",
    "fieldwork_date": "提交|交卷|填写|答题|答卷|时间",
    "duration_s": "用时|时长|耗时",
    "wave": "轮|期|次|批",
    "policy_id": "编号|文号|字号",
    "name": "名称|标题|题名",
    "start_date": "施行|实施|生效|起|执行",
    "unit_code": "代码|编码|机构号|区划",
    "county_code": "县.*代码|区.*代码|代码",
    "unit_type": "类型|类别|性质",
    "establishment": "编制",
}


class Knowledge:
    """The common plan as onboarding uses it; ``root`` is the folder of the repository."""

    def __init__(self, root):
        self.root = Path(root)
        self.plan = self.root / "config" / "plan"
        self.schema = self.root / "workflow" / "schemas" / "canonical.yaml"
        self.default = read_yaml(self.root / "config" / "default.yaml")
        self.tables = load_tables(self.schema, self.plan / "scales.yaml")
        self.scales = read_yaml(self.plan / "scales.yaml")["scales"]
        self.responses = load_responses(self.plan / "scales.yaml")
        self.wordings = Wordings(self.plan / "values.csv")
        self.null_tokens = set(self.default["data"]["null_tokens"])
        self.dictionaries = {t: Dictionary(self.plan / "headings.csv", t) for t in TABLES}
        self.headings, self.sharing = self._read_headings()
        self.matchers = {table: self.matcher(table, {}) for table in TABLES}

    def _read_headings(self):
        """{table: {column: [headings]}}, and how many tables know a heading."""
        headings, sharing = {table: {} for table in TABLES}, {}
        with open(self.plan / "headings.csv", encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                if row["table"] in headings and row["column"] not in (PERSONAL, IGNORED):
                    column = row["column"].removeprefix(SECOND)
                    headings[row["table"]].setdefault(column, []).append(row["heading"])
                    sharing.setdefault(normal_heading(row["heading"]), set()).add(row["table"])
        return headings, {heading: len(tables) for heading, tables in sharing.items()}

    def matcher(self, table, source):
        return Matcher(self.dictionaries[table], source, self.tables[table].known)

    def column_type(self, table, name):
        """Type of a canonical or input column."""
        column = self.tables[table].columns.get(name)
        inputs = {"unit_name": "unit", "county_name": "county", "id_number": "person_id", "employee_id": "id"}
        return column.type if column else inputs.get(name, "text")

    def column_name(self, table: str, name: str | Reason) -> str:
        """What a column is called: in Chinese by the first heading of the dictionary, in English by its name."""
        if isinstance(name, Reason):
            return message(name)
        return self.headings[table].get(name, [name])[0] if spoken() == "zh" else name
