"""When a file was collected, as far as folders, names and cells tell, and in which order waves lie."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from pathlib import PurePosixPath

YEAR = re.compile(r"(?:19|20)\d\d")
SEASONS = (
    ("spring", r"spring|春|term ?2|下学期|下學期|第二学期|第二學期"),
    ("summer", r"summer|夏"),
    ("autumn", r"autumn|fall|秋|term ?1|上学期|上學期|第一学期|第一學期"),
    ("winter", r"winter|冬"),
)
STAGES = (  # id, rank, what it is called
    ("before", 0.0, r"baseline|before|pre[- _]?test|\bpre\b|前测|前測|基线|基線|期初|\bt0\b"),
    ("middle", 1.0, r"mid[- _]?(?:term|point|line)|中期|期中"),
    ("after", 2.0, r"end[- _]?line|after|post[- _]?test|\bpost\b|后测|後測|期末"),
    ("follow-up", 3.0, r"follow[- _]?up|追踪|追蹤|随访|隨訪"),
)
NUMBERED = re.compile(r"(?:wave|time|round|term|phase|t|w|第)[ _-]?(\d{1,2})(?:次|轮|輪|期|学期|學期)?", re.IGNORECASE)
TITLES = {
    "before": {"en": "Before", "zh-Hant": "前測", "zh-Hans": "前测"},
    "middle": {"en": "Midway", "zh-Hant": "中期", "zh-Hans": "中期"},
    "after": {"en": "After", "zh-Hant": "後測", "zh-Hans": "后测"},
    "follow-up": {"en": "Follow-up", "zh-Hant": "追蹤", "zh-Hans": "追踪"},
}
WORDS = {
    "spring": {"en": "Spring", "zh-Hant": "春季", "zh-Hans": "春季"},
    "summer": {"en": "Summer", "zh-Hant": "夏季", "zh-Hans": "夏季"},
    "autumn": {"en": "Autumn", "zh-Hant": "秋季", "zh-Hans": "秋季"},
    "winter": {"en": "Winter", "zh-Hant": "冬季", "zh-Hans": "冬季"},
}
Rank = tuple[float, ...]


def wave_of_file(file: str) -> str:
    """Return the words of a path that tell when it was collected: the folder, or a part of the name; '' if none.

    Examples
    --------
    >>> wave_of_file("2026-spring/children.csv"), wave_of_file("儿童_前测.xlsx"), wave_of_file("answers.csv")
    ('2026-spring', '前测', '')
    """
    path = PurePosixPath(file)
    for part in reversed(path.parts[:-1]):
        if wave_id(part):
            return part
    found = [match[0] for pattern in _patterns() for match in pattern.finditer(_folded(path.stem))]
    if found:
        return "-".join(dict.fromkeys(found))
    return path.parts[0] if len(path.parts) > 1 else ""


def _patterns() -> Iterable[re.Pattern[str]]:
    yield re.compile(r"(?:19|20)\d\d(?=[-_ 年]?(?:" + "|".join(words for _, words in SEASONS) + "))", re.IGNORECASE)
    yield re.compile("|".join(words for _, words in SEASONS), re.IGNORECASE)
    yield re.compile("|".join(words for _, _, words in STAGES), re.IGNORECASE)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).lower().replace("_", " ")


def wave_id(text: str) -> str:
    """Name a wave by what a folder, a file or a cell calls it; '' where it says nothing of time.

    Examples
    --------
    >>> [wave_id(text) for text in ("2026-Spring", "前测", "T1", "term 2", "children")]
    ['2026-spring', 'before', 'wave-1', 'spring', '']
    """
    folded = _folded(text)
    year = YEAR.search(folded)
    season = next((name for name, words in SEASONS if re.search(words, folded)), "")
    stage = next((name for name, _, words in STAGES if re.search(words, folded)), "")
    if year and (season or stage):
        return f"{year[0]}-{season or stage}"
    if season or stage:
        return season or stage
    numbered = NUMBERED.fullmatch(folded.strip())
    return f"wave-{int(numbered[1])}" if numbered else ""


def rank_of(wave: str) -> Rank | None:
    """Return what puts waves in order; None where the name does not tell."""
    year = YEAR.match(wave)
    rest = wave[year.end() :].lstrip("-") if year else wave
    seasons = [name for name, _ in SEASONS]
    stages = {name: rank for name, rank, _ in STAGES}
    if rest in seasons:
        return (float(year[0]), float(seasons.index(rest))) if year else None  # autumn may come before spring
    if rest in stages:
        return (float(year[0]) if year else 0.0, stages[rest])
    numbered = re.fullmatch(r"wave-(\d+)", wave)
    return (0.0, float(numbered[1])) if numbered else None


def in_order(waves: Iterable[str]) -> tuple[tuple[str, ...], bool]:
    """Put waves in the order of time, and say whether their names tell it.

    Examples
    --------
    >>> in_order(["after", "before"]), in_order(["2026-spring", "2025-autumn"]), in_order(["spring", "autumn"])
    ((('before', 'after'), True), (('2025-autumn', '2026-spring'), True), (('autumn', 'spring'), False))
    """
    names = sorted(set(waves))
    ranks = {name: rank_of(name) for name in names}
    known = {name: rank for name, rank in ranks.items() if rank is not None}
    certain = len(known) == len(names) and len(set(known.values())) == len(names)
    if not certain:
        return tuple(names), len(names) < 2
    return tuple(sorted(names, key=known.__getitem__)), True


def title_of(wave: str) -> dict[str, str]:
    """Write a title in three languages.

    Examples
    --------
    >>> title_of("2026-spring")["zh-Hans"], title_of("wave-2")["en"]
    ('2026 年春季', 'Wave 2')
    """
    year = YEAR.match(wave)
    rest = wave[year.end() :].lstrip("-") if year else wave
    words = TITLES.get(rest) or WORDS.get(rest)
    numbered = re.fullmatch(r"wave-(\d+)", wave)
    if numbered:
        n = numbered[1]
        return {"en": f"Wave {n}", "zh-Hant": f"第 {n} 次", "zh-Hans": f"第 {n} 次"}
    if words is None:
        return dict.fromkeys(("en", "zh-Hant", "zh-Hans"), wave)
    if not year:
        return dict(words)
    return {
        "en": f"{words['en']} {year[0]}",
        "zh-Hant": f"{year[0]} 年{words['zh-Hant']}",
        "zh-Hans": f"{year[0]} 年{words['zh-Hans']}",
    }
