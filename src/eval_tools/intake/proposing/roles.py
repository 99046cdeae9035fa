"""What a column is for, as far as its name tells: who, where, which group, when, or something that identifies."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Literal

from eval_tools.intake.columns import ColumnInfo

Role = Literal["participant", "site", "group", "wave", "consent", "age", "sex"]
# Whole names, the surest first; compared in lower case without blanks and punctuation.
NAMES: Mapping[Role, tuple[str, ...]] = {
    "participant": (
        *("participant", "participantid", "pid", "childid", "studentid", "subjectid", "personid", "recordid"),
        *(
            "儿童编号",
            "兒童編號",
            "孩子编号",
            "孩子編號",
            "学生编号",
            "學生編號",
            "参与者编号",
            "參與者編號",
            "你的编号",
        ),
        *(
            "你的編號",
            "您的编号",
            "您的編號",
            "孩子的编号",
            "孩子的編號",
            "个人编号",
            "個人編號",
            "匿名编号",
            "匿名編號",
        ),
        *(
            "学号",
            "學號",
            "编号",
            "編號",
            "代码",
            "代碼",
            "编码",
            "編碼",
            "识别码",
            "識別碼",
            "id",
            "code",
            "自定义字段",
        ),
        *("sojumpparm", "token"),
    ),
    "site": (
        *("school", "schoolid", "schoolname", "site", "siteid", "centre", "center", "village"),
        *(
            "学校",
            "學校",
            "学校名称",
            "學校名稱",
            "你的学校",
            "你的學校",
            "所在学校",
            "所在學校",
            "校名",
            "机构",
            "機構",
        ),
        *("村", "村庄", "村莊", "社区", "社區"),
    ),
    "group": (
        *("group", "arm", "condition", "treatment", "studygroup", "组别", "組別", "分组", "分組", "组", "組"),
        *("试验组别", "試驗組別", "实验组别", "實驗組別"),
    ),
    "wave": (
        *("wave", "occasion", "timepoint", "time", "phase", "term", "round", "redcapeventname", "测次", "測次"),
        *("时点", "時點", "轮次", "輪次", "波次", "学期", "學期", "阶段", "階段", "前后测", "前後測"),
    ),
    "consent": (
        *("consent", "assent", "guardianconsent", "监护人同意", "監護人同意", "知情同意", "家长同意", "家長同意"),
        *("同意", "是否同意", "是否同意参加", "是否同意參加"),
    ),
    "age": ("age", "ageinyears", "年龄", "年齡", "你的年龄", "你的年齡", "周岁", "週歲"),
    "sex": ("sex", "gender", "性别", "性別", "你的性别", "你的性別"),
}
# Parts of names; an English word counts as a whole word only, so that "cadmin_name" is a name and "tablename" none.
IDENTIFYING_WORDS = (
    *("name", "fullname", "firstname", "lastname", "surname", "phone", "mobile", "telephone", "tel", "email"),
    *("mail", "address", "wechat", "weixin", "qq", "passport", "idcard", "birthday", "birthdate", "dob", "dateofbirth"),
    *("latitude", "longitude", "gps", "geolocation", "ip", "ipaddress", "openid", "nickname", "signature", "photo"),
)
IDENTIFYING_CHINESE = (
    *("姓名", "名字", "手机", "手機", "电话", "電話", "邮箱", "郵箱", "电邮", "電郵", "微信", "昵称", "暱稱", "身份证"),
    *(
        "身分證",
        "护照",
        "護照",
        "地址",
        "住址",
        "门牌",
        "門牌",
        "生日",
        "出生",
        "签名",
        "簽名",
        "照片",
        "联系方式",
        "聯絡方式",
    ),
    *("qq号", "qq號", "经纬度", "經緯度", "定位"),
)
NUMBERING = re.compile(r"^\s*(?:q?\d{1,3}\s*[、.．:：)）]\s*)?(?:\(\d{1,2}\)\s*)?", re.IGNORECASE)
MARKS = re.compile(r"[（(](?:必填|自动|自動|可多选|可多選|required)[)）]", re.IGNORECASE)


def key_of(text: str) -> str:
    """Write a name the one way in which names are compared: no numbering, blanks, punctuation or capitals.

    Examples
    --------
    >>> key_of("1、你的编号（必填）"), key_of("Child ID"), key_of("school_name")
    ('你的编号', 'childid', 'schoolname')
    """
    bare = NUMBERING.sub("", MARKS.sub("", unicodedata.normalize("NFKC", text)), count=1)
    return "".join(c for c in bare.lower() if c.isalnum())


def names_of(column: ColumnInfo) -> list[str]:
    """List what a column is called: its name, its header and the words of its question."""
    return list(dict.fromkeys(text for text in (column.name, column.header, column.text, column.part) if text))


def identifies(column: ColumnInfo) -> bool:
    """Say whether a column sounds as if it held what tells who somebody is.

    Examples
    --------
    >>> [identifies(ColumnInfo(name=n, header=n)) for n in ("2、家长手机号", "Guardian name", "username_length", "zip")]
    [True, True, False, False]
    """
    if column.kind == "identifying":
        return True
    for text in names_of(column):
        folded = unicodedata.normalize("NFKC", text).lower()
        words = re.findall(r"[a-z]+", folded)
        joined = {"".join(words[i : i + n]) for n in (1, 2, 3) for i in range(len(words))}
        if joined & set(IDENTIFYING_WORDS) or any(part in folded for part in IDENTIFYING_CHINESE):
            return True
    return False


def find_roles(columns: Sequence[ColumnInfo]) -> dict[Role, tuple[str, ...]]:
    """Name the columns that may be each role, the surest first; roles without a candidate are left out.

    A column the platform knows to be its own (a row number, a time) or to identify people is no candidate, but the
    custom parameter of a link may hold a printed number and is one.

    Examples
    --------
    >>> columns = [ColumnInfo(name=n, header=n) for n in ("编号", "学校", "q1", "Group")]
    >>> find_roles(columns)
    {'participant': ('编号',), 'site': ('学校',), 'group': ('Group',)}
    """
    found: dict[Role, tuple[str, ...]] = {}
    open_ = [
        column for column in columns if column.kind == "answer" or key_of(column.header) in ("自定义字段", "recordid")
    ]
    open_ += [c for c in columns if c not in open_ and key_of(c.name) in ("recordid", "redcapeventname", "sojumpparm")]
    for role, names in NAMES.items():
        ranked = [
            (min(names.index(key) for key in keys), column.name)
            for column in open_
            if (keys := {key_of(text) for text in names_of(column)} & set(names))
        ]
        if ranked:
            found[role] = tuple(name for _, name in sorted(ranked, key=lambda each: each[0]))
    return found
