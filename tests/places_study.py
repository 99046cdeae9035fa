"""Invented schools that start one wave after another, or that lie in regions: answers and study.yaml.

Synthetic throughout; the effect of the programme is known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from conftest import LittleWorkbench

WAVES = ("autumn", "spring", "autumn-2", "spring-2")
TITLES = {
    "autumn": ("Autumn", "秋季", "秋季"),
    "spring": ("Spring", "春季", "春季"),
    "autumn-2": ("Second autumn", "次年秋季", "次年秋季"),
    "spring-2": ("Second spring", "次年春季", "次年春季"),
}
REGIONS = {
    "north": ("North county", "北縣", "北县"),
    "east": ("East county", "東縣", "东县"),
    "south": ("South county", "南縣", "南县"),
    "west": ("West county", "西縣", "西县"),
    "middle": ("Middle county", "中縣", "中县"),
    "coast": ("Coast county", "海縣", "海县"),
}


def _title(words: tuple[str, str, str]) -> str:
    return f'{{en: "{words[0]}", zh-Hant: "{words[1]}", zh-Hans: "{words[2]}"}}'


def school(number: int) -> str:
    """Name an invented school."""
    return f"school-{number:02}"


def invented_answers(rng: np.random.Generator, trait: float, shift: float) -> list[int]:
    """Answer twenty items; ``shift`` lowers the answers."""
    level = 1.4 + trait - shift + rng.normal(scale=0.15)
    codes = np.clip(np.rint(level + rng.normal(scale=0.6, size=20)), 0, 3).astype(int)
    return [int(3 - c) if n in (4, 8, 12, 16) else int(c) for n, c in enumerate(codes, start=1)]


def start_stepwise(
    bench: LittleWorkbench,
    starts: tuple[int, ...] = (1, 1, 2, 2, 3, 3, 4, 4),
    *,
    children: int = 14,
    effect: float = 4.0,
    randomised: bool = False,
    n_waves: int = 4,
    seed: int = 21,
) -> None:
    """Make it a stepped roll-out: the wave, counted from 0, at which each school starts; beyond the last is never.

    The programme lowers answers by ``effect`` tenths of a step each; later waves lower them a little by themselves.
    """
    waves = WAVES[:n_waves]
    bench.change("wave: wave, group: group}", "wave: wave, group: group, site: school}")
    study = (bench.folder / "study.yaml").read_text(encoding="utf-8")
    for line in [line for line in study.splitlines(keepends=True) if line.startswith("  comparison: ")]:
        bench.change(line, "")
    for line in [line for line in study.splitlines(keepends=True) if line.startswith("  - {id: ")]:
        bench.change(line, "")
    listed = [
        f"  - {{id: {w}, role: {'before' if i == 0 else 'after'}, title: {_title(TITLES[w])}}}\n"
        for i, w in enumerate(waves)
    ]
    bench.change("waves:\n", f"waves:\n{''.join(listed)}")
    named = [
        f"    {w}: [{', '.join(school(s) for s, start in enumerate(starts) if start == i)}]\n"
        for i, w in enumerate(waves)
        if i in starts
    ]
    chance = "true" if randomised else "false"
    bench.change(
        "assignment: {unit: participant, randomised: true}",
        f"assignment:\n  unit: site\n  randomised: {chance}\n  starts:\n{''.join(named)}".rstrip(),
    )
    bench.change("decision_term: spring", f"decision_term: {waves[-1]}")
    rng = np.random.default_rng(seed)
    rows = []
    for s, start in enumerate(starts):
        of_school = rng.normal(scale=0.1)
        for child in range(children):
            trait = rng.normal(scale=0.4) + of_school
            for w, wave in enumerate(waves):
                if w and rng.random() < 0.1:
                    continue
                shift = 0.03 * w + (effect / 10 if w >= start else 0.0)
                answers = invented_answers(rng, trait + rng.normal(scale=0.02), shift)
                rows.append([f"invented-{s:02}{child:03}", wave, "programme", *answers, school(s)])
    bench.write_school_answers(rows)


def lie_in_regions(bench: LittleWorkbench, regions: dict[str, list[int]]) -> None:
    """Say which schools, by number, lie in which region."""
    lines = [
        f"  {name}: {{title: {_title(REGIONS[name])}, sites: [{', '.join(school(s) for s in schools)}]}}\n"
        for name, schools in regions.items()
    ]
    bench.change("informants: [child]\n", f"informants: [child]\nregions:\n{''.join(lines)}")
