"""What the intervals promise, in small seeded simulations, and what the models may cost."""

import subprocess
import sys
import tracemalloc

import numpy as np

from eval_tools.stats.mixed_model import mixed_model
from eval_tools.stats.mixed_three_level import mixed_three_level
from eval_tools.stats.synthesis import synthesise


def _null_trial(rng, n_schools, n_programme, *, icc=0.15):
    sizes = rng.integers(8, 41, n_schools)
    school = np.repeat(np.arange(n_schools), sizes)
    pre = rng.normal(size=school.size)
    y = 0.6 * pre + icc**0.5 * rng.normal(size=n_schools)[school] + (1 - icc) ** 0.5 * rng.normal(size=pre.size)
    design = np.column_stack([np.ones(pre.size), school < n_programme, pre])
    return y, design, np.array([f"s{i}" for i in school])


def test_with_twelve_schools_a_programme_without_effect_is_rarely_called_effective():
    # 300 repetitions: a true level of 5 % stays below 9 % in more than 99.9 % of seeds
    rng = np.random.default_rng(2026)
    names = ["intercept", "treat", "pre"]
    p = []
    for _ in range(300):
        y, design, sites = _null_trial(rng, 12, 6)
        p.append(
            [
                mixed_model(y, design, sites, names=names, df=df).coefficient("treat").p_value
                for df in ("satterthwaite", "kenward_roger")
            ]
        )
    assert (np.mean(np.array(p) < 0.05, axis=0) <= 0.09).all()
    assert (np.mean(np.array(p) < 0.5, axis=0) >= 0.4).all()  # and it is not merely silent


def test_over_waves_a_programme_without_effect_on_change_is_rarely_called_effective():
    rng = np.random.default_rng(7)
    person = np.repeat(np.arange(120), 3)
    t, school = np.tile([0.0, 1.0, 2.0], 120), person // 10
    treat = (school % 2).astype(float)
    design = np.column_stack([np.ones(360), treat, t, treat * t])
    sites, people = np.array([f"s{i}" for i in school]), np.array([f"c{i}" for i in person])
    p = []
    for _ in range(60):
        y = rng.normal(size=360) + rng.normal(size=120)[person] + rng.normal(0, 0.5, 12)[school] * t
        fit = mixed_three_level(y, design, sites, people, names=list("abcd"), site_effect="intercept_and_slope", time=t)
        assert fit.status == "estimated"
        p.append(fit.coefficient("d").p_value)
    assert np.mean(np.array(p) < 0.05) <= 0.15  # 60 repetitions: 5 % stays below in 99.9 % of seeds


def test_the_interval_over_few_sites_covers_the_mean_effect():
    # 600 repetitions: 95 % has a Monte-Carlo error of 0.9 points; the normal interval covers about 88 %
    rng = np.random.default_rng(5)
    covered = []
    for _ in range(600):
        v = rng.uniform(0.02, 0.06, 6)
        y = rng.normal(0.2, 0.2, 6) + rng.normal(0, v**0.5)
        s = synthesise(y, v)
        covered.append([e.ci_low <= 0.2 <= e.ci_high for e in (s.mean, s.mean_cautious, s.mean_normal)])
    hksj, cautious, normal = np.mean(covered, axis=0)
    assert 0.92 <= hksj <= 0.98
    assert cautious >= hksj
    assert normal < hksj


def test_memory_stays_small_with_two_hundred_thousand_rows():
    rng = np.random.default_rng(1)
    n = 200_000
    school = np.sort(rng.integers(0, 20, n))
    design = np.column_stack([np.ones(n), school % 2, rng.normal(size=n)])
    y = design @ [1, 0.2, 0.5] + rng.normal(0, 0.4, 20)[school] + rng.normal(size=n)
    names = np.array([f"s{i}" for i in range(20)])
    sites = names[school]
    tracemalloc.start()
    fit = mixed_model(y, design, sites, names=["one", "treat", "pre"])
    two_levels = tracemalloc.get_traced_memory()[1]
    tracemalloc.reset_peak()
    people = np.array([f"c{i}" for i in range(n // 4)], dtype=object)[np.arange(n) // 4]
    site_of = names[np.arange(n) // 4 % 20].astype(object)
    before = tracemalloc.get_traced_memory()[0]
    three = mixed_three_level(y, design[:, [0, 2]], site_of, people, names=["one", "pre"])
    three_levels = tracemalloc.get_traced_memory()[1] - before
    tracemalloc.stop()
    assert (fit.status, three.status) == ("estimated", "estimated")
    data = design.nbytes + y.nbytes
    assert two_levels < 3 * data
    assert three_levels < 10 * data  # a single n × n array would be 50,000 times the data


def test_importing_the_models_does_not_import_scipy():
    rooms = ["mixed_model", "mixed_growth", "mixed_three_level", "multilevel_effect", "synthesis", "power"]
    code = ";".join(f"import eval_tools.stats.{r}" for r in rooms)
    code += ";import sys; sys.exit(any(m in sys.modules for m in ('scipy', 'pandas', 'statsmodels')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
