"""What the headers of sheets and the names of variables mean, in Traditional and Simplified Chinese and English."""

from __future__ import annotations

import re
import unicodedata

# meaning -> the names under which it occurs; compared without case, blanks and punctuation
NAMES: dict[str, tuple[str, ...]] = {
    "unit": ("unit", "unitid", "segmentid", "單位", "单位", "片段編號", "片段编号", "單元", "单元",
             "編號", "编号", "id"),
    "source": (
        "source", "document", "doc", "documentname", "file", "filename", "transcript", "mediatitle", "interview",
        "文件", "文件名", "文檔", "文档", "文檔名", "文档名", "來源", "来源", "訪談", "访谈", "逐字稿", "資料", "资料",
    ),
    "start": ("start", "begin", "startoffset", "startposition", "pos0", "beginning", "起", "起點", "起点", "開始",
              "开始", "起始位置"),
    "end": ("end", "endoffset", "endposition", "pos1", "止", "終點", "终点", "結束", "结束", "結束位置", "结束位置"),
    "text": (
        "text", "segment", "content", "quote", "quotation", "quotationcontent", "excerpt", "excerptcopy", "coded",
        "文本", "文字", "內容", "内容", "片段", "引文", "句子", "原文",
    ),
    "code": ("code", "codes", "codename", "tag", "theme", "node", "codesappliedcombined", "代碼", "代码", "編碼",
             "编码", "主題", "主题", "標籤", "标签", "節點", "节点"),
    "coder": ("coder", "author", "codedby", "codedbyinitials", "user", "rater", "excerptcreator", "createdby", "owner",
              "annotator", "編碼者", "编码者", "編碼員", "编码员", "評分者", "评分者", "作者", "編碼人", "编码人"),
    "case": ("case", "person", "participant", "respondent", "interviewee", "個案", "个案", "受訪者", "受访者", "參與者",
             "参与者", "案例", "人物"),
    "wave": ("wave", "time", "timepoint", "phase", "round", "occasion", "prepost", "documentgroup", "波次", "時間點",
             "时间点", "前後測", "前后测", "階段", "阶段", "輪次", "轮次", "學期", "学期"),
    "role": ("role", "informant", "groupofperson", "身份", "身分", "角色", "對象", "对象", "類別", "类别"),
    "weight": ("weight", "weightscore", "score", "points", "權重", "权重", "評分", "评分", "分數", "分数"),
    "parent": ("parent", "parentcode", "category", "上級", "上级", "上級代碼", "上级代码", "父代碼", "父代码",
               "大類", "大类"),
    "description": ("description", "definition", "memo", "描述", "定義", "定义", "說明", "说明"),
}  # fmt: skip
_WAVE_VALUES = (
    "pre", "post", "before", "after", "baseline", "followup", "pretest", "posttest", "t0", "t1", "t2", "t3",
    "前測", "后测", "後測", "前测", "追蹤", "追踪", "干預前", "干预前", "干預後", "干预后",
)  # fmt: skip
_BY_NAME = {name: meaning for meaning, names in NAMES.items() for name in names}


def folded(name: str) -> str:
    """Return a name as names are compared.

    Examples
    --------
    >>> folded("Document name"), folded("\u200bＣode "), folded("Weight_score")
    ('documentname', 'code', 'weightscore')
    """
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", name)).casefold()


def meaning_of(name: str) -> str:
    """Return what a header or variable means; 'a wave' for a group of documents named after one; '' if unknown.

    Examples
    --------
    >>> meaning_of("編碼者"), meaning_of("Weight score"), meaning_of("前測"), meaning_of("Colour")
    ('coder', 'weight', 'a wave', '')
    """
    plain = folded(name)
    return _BY_NAME.get(plain, "a wave" if plain in {folded(w) for w in _WAVE_VALUES} else "")
