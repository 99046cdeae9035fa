"""Published tables and their coefficients; source and precision stand beside each case in agreement_cases.json."""

import json
from pathlib import Path

import numpy as np
import pytest

from eval_tools.stats.agreement import estimate_agreement
from eval_tools.stats.agreement_benchmark import benchmark_agreement
from eval_tools.stats.agreement_binary import binary_agreement, shared_length
from eval_tools.stats.agreement_ratings import ratings_from_counts, ratings_from_table
from eval_tools.stats.agreement_weights import masi_distance
from eval_tools.stats.intraclass import intraclass_correlation
from eval_tools.stats.krippendorff import (
    WEIGHTING,
    alpha_by_distance,
    coincidences,
    hayes_krippendorff_interval,
    krippendorff_alpha,
)
from eval_tools.stats.unitising import Span, unitising_alpha
from eval_tools.stats.unitising_1995 import unitising_alpha_1995

CASES = {c["id"]: c for c in json.loads(Path(__file__).with_name("agreement_cases.json").read_text(encoding="utf-8"))}
OF_NAME = {"percent": "percent_agreement", "gwet": "gwet_ac1", "cohen": "cohen_kappa", "conger": "conger_kappa"}
OF_NAME |= {"scott": "scott_pi", "fleiss": "fleiss_kappa", "krippendorff": "krippendorff_alpha"}
OF_NAME |= {"brennan_prediger": "brennan_prediger"}


def close(number, case, *keys, to=None):
    """Check a number against the value of a case, as precisely as the case says."""
    expected, tolerance = case["expected"], case["tolerance"]
    for key in keys:
        expected = expected[key]
    if isinstance(tolerance, dict):
        tolerance = tolerance.get(keys[-1], tolerance["default"])
    assert number == pytest.approx(expected, rel=0, abs=to or tolerance)


def units_by_coders(case):
    data = np.array(case["inputs"]["data"], dtype=float)
    return data.T if case["inputs"]["layout"] == "coders_by_units" else data


@pytest.mark.parametrize("case_id", ["kripp2011_4x12", "kripp2011_4x12_exact"])
@pytest.mark.parametrize("level", list(WEIGHTING))
def test_alpha_of_the_standard_example_at_every_level(case_id, level):
    close(krippendorff_alpha(units_by_coders(CASES[case_id]), level=level).estimate, CASES[case_id], f"alpha_{level}")


def test_a_unit_with_one_value_is_no_part_of_alpha():
    case = CASES["kripp2011_4x12_exact"]
    met = coincidences(units_by_coders(case))
    assert met.n_pairable == case["expected"]["n_pairable_values"]
    assert met.n_dropped == case["expected"]["n_units_dropped"]


@pytest.mark.parametrize("case_id", ["kripp2018_p306", "kripp1995_digitised_A"])
def test_alpha_of_binary_codes(case_id):
    close(krippendorff_alpha(units_by_coders(CASES[case_id])).estimate, CASES[case_id], "alpha_nominal")


def test_two_unitisers_compared_position_by_position():
    case = CASES["kripp1995_digitised_A"]
    cohen, scott = estimate_agreement(units_by_coders(case), coefficients=["cohen", "scott"])
    close(cohen.estimate, case, "cohen_kappa")
    close(scott.estimate, case, "scott_pi")


def test_the_interval_of_hayes_and_krippendorff_is_the_printed_one():
    case = CASES["hayes_krippendorff_2007"]
    for level in ("nominal", "ordinal", "interval"):
        close(krippendorff_alpha(units_by_coders(case), level=level).estimate, case, f"alpha_{level}")
    found = hayes_krippendorff_interval(units_by_coders(case), level="ordinal", rng=1)
    close(found.ci_low, case, "hk_ci_low")
    close(found.ci_high, case, "hk_ci_high")


def test_fleiss_psychiatrists():
    case = CASES["fleiss1971"]
    names = ["percent", "fleiss", "gwet", "brennan_prediger", "krippendorff"]
    found = {
        a.coefficient: a for a in estimate_agreement(ratings_from_counts(case["inputs"]["data"]), coefficients=names)
    }
    for name in names:
        close(found[name].estimate, case, OF_NAME[name])
    close(found["gwet"].se, case, "gwet_ac1_se")
    close(found["fleiss"].se, case, "fleiss_kappa_se_gwet")


def test_fleiss_kappa_of_one_category_is_that_of_the_category_against_the_rest():
    case = CASES["fleiss1971"]
    counts = np.array(case["inputs"]["data"])
    for place, expected in enumerate(case["expected"]["per_category"]):
        two = ratings_from_counts(np.column_stack([counts[:, place], 6 - counts[:, place]]))
        found = estimate_agreement(two, coefficients=["fleiss"])[0].estimate
        assert found == pytest.approx(expected, abs=case["tolerance"])


def test_a_table_with_less_agreement_than_chance():
    case = CASES["cohen1960_p37"]
    table = ratings_from_table(case["inputs"]["data"])
    percent, cohen, gwet = estimate_agreement(table, coefficients=["percent", "cohen", "gwet"])
    close(percent.estimate, case, "percent_agreement")
    close(cohen.expected, case, "expected")
    close(cohen.estimate, case, "cohen_kappa")
    close(gwet.estimate, case, "gwet_ac1")


def test_near_misses_with_distances_of_ones_own():
    case = CASES["artstein_poesio2008"]
    table = ratings_from_table(case["inputs"]["data"])
    found = estimate_agreement(table, coefficients=["percent", "brennan_prediger", "scott", "cohen"])
    for one, key in zip(found, ["percent_agreement", "bennett_s", "scott_pi", "cohen_kappa"], strict=True):
        close(one.estimate, case, key)
    distance = np.array([[0, 1, 0.5], [1, 0, 0.5], [0.5, 0.5, 0]])
    close(alpha_by_distance(table, distance=distance).estimate, case, "alpha_weighted")
    weighted = estimate_agreement(table, coefficients=["cohen"], weighting=1 - distance)[0]
    close(weighted.estimate, case, "kappa_weighted")


def test_all_coefficients_with_missing_values_and_their_standard_errors():
    case = CASES["gwet_raw4raters"]
    names = ["percent", "gwet", "fleiss", "conger", "brennan_prediger", "krippendorff"]
    for found in estimate_agreement(units_by_coders(case), coefficients=names):
        close(found.estimate, case, OF_NAME[found.coefficient])
        close(found.se, case, f"{OF_NAME[found.coefficient]}_se")
        if found.coefficient == "gwet":
            close([found.ci_low, found.ci_high], case, "gwet_ac1_ci")
        if found.coefficient == "krippendorff":
            assert found.se == pytest.approx(0.14548, abs=5e-6)  # R irrCAC 1.4; the older formula gives .14557
    quadratic = estimate_agreement(units_by_coders(case), coefficients=names[1:], weighting="quadratic")
    for found in quadratic:
        name = "gwet_ac2" if found.coefficient == "gwet" else OF_NAME[found.coefficient]
        close(found.estimate, case, f"{name}_quadratic")
    close(quadratic[0].se, case, "gwet_ac2_quadratic_se")


def test_two_coders_of_a_table_and_their_standard_errors():
    case = CASES["gwet_3x3abstractors"]
    table = ratings_from_table(case["inputs"]["data"])
    names = ["percent", "cohen", "scott", "gwet", "brennan_prediger", "krippendorff"]
    n = table.n_units
    for found in estimate_agreement(table, coefficients=names):
        key = OF_NAME[found.coefficient]
        close(found.estimate, case, key)
        if found.coefficient != "krippendorff":  # printed with the divisor n of two-coder tables, ours is n - 1
            close(found.se * ((n - 1) / n) ** 0.5, case, f"{key}_se", to=2e-5)
    names = ["cohen", "gwet", "brennan_prediger", "krippendorff"]
    for found in estimate_agreement(table, coefficients=names, weighting="quadratic"):
        key = "gwet_ac2" if found.coefficient == "gwet" else OF_NAME[found.coefficient]
        close(found.estimate, case, f"{key}_quadratic")


@pytest.mark.parametrize(("scale", "prefix"), [("landis_koch", "landis_koch"), ("fleiss", "fleiss")])
def test_the_band_is_the_first_from_the_top_that_is_probable_enough(scale, prefix):
    case = CASES["gwet_benchmark_ac1"]
    given = case["inputs"]
    found = benchmark_agreement(given["coefficient"], given["se"], scale=scale, threshold=given["threshold"])
    close(list(found.cumulative), case, f"{prefix}_cumulative")
    assert found.band == case["expected"][f"{prefix}_band"]


def test_six_forms_of_the_intraclass_correlation():
    case = CASES["shrout_fleiss1979"]
    for form in ("1,1", "A,1", "C,1", "1,k", "A,k", "C,k"):
        key = f"icc_{form.lower().replace(',', '_')}"
        found = intraclass_correlation(units_by_coders(case), form=form)
        close(found.estimate, case, key)
        key = "icc_a_k_stepped_up" if form == "A,k" else key
        close([found.ci_low, found.ci_high], case, f"ci_{key}")


def test_weighted_kappa_of_unaided_vision():
    case = CASES["stuart_vision"]
    table = ratings_from_table(case["inputs"]["data"])
    for weighting, suffix in [("identity", ""), ("linear", "_linear"), ("quadratic", "_quadratic")]:
        found = estimate_agreement(table, coefficients=["cohen"], weighting=weighting)[0]
        close(found.estimate, case, f"cohen_kappa{suffix}")


@pytest.mark.parametrize("which", ["balanced", "skewed"])
def test_the_paradox_tables_show_prevalence_and_bias(which):
    case = CASES["feinstein_cicchetti1990"]
    (a, b), (c, d) = case["inputs"]["tables"][which]
    table = np.array([[1, 1]] * a + [[1, 0]] * b + [[0, 1]] * c + [[0, 0]] * d)
    for found in estimate_agreement(table, coefficients=["percent", "cohen", "gwet"]):
        close(found.estimate, case, which, OF_NAME[found.coefficient], to=case["tolerance"])
    beside = binary_agreement(table)
    for name in ("pabak", "prevalence_index", "bias_index"):
        close(getattr(beside, name), case, which, name)


def test_masi_distances():
    case = CASES["masi_distance"]
    assert [masi_distance(a, b) for a, b in case["inputs"]["pairs"]] == pytest.approx(
        case["expected"]["distances"], abs=case["tolerance"]
    )


def test_unitising_alpha_of_2004():
    case = CASES["kripp2004_unitizing"]
    coders = [
        [Span(u["start"], u["start"] + u["length"], u["code"]) for u in case["inputs"]["units"] if u["coder"] == coder]
        for coder in (0, 1)
    ]
    found = unitising_alpha_1995(coders, length=case["inputs"]["length"], begin=case["inputs"]["begin"])
    close(found.alpha, case, "alpha_u_overall")
    close(found.per_code["c"], case, "alpha_u_c")
    close(found.per_code["k"], case, "alpha_u_k")
    assert found.observed["c"] == pytest.approx(case["expected"]["Do_c"], abs=6e-5)
    assert found.expected["c"] == pytest.approx(case["expected"]["De_c"], abs=6e-5)


def test_unitising_alpha_of_2016():
    case = CASES["kripp2016_u_family_a"]
    coders = [[Span(u["start"], u["end"], u["code"]) for u in spans] for spans in case["inputs"]["coders"]]
    found = unitising_alpha(coders, length=case["inputs"]["length"])
    close(found.u_alpha, case, "u_alpha")
    close(found.binary, case, "binary_alpha")
    close(found.cu_alpha, case, "cu_alpha")


def test_characters_of_two_coders_as_the_programs_print_them():
    case = CASES["nvivo_percent"]
    given = case["inputs"]
    found = shared_length(
        both=given["both"], only_first=given["only_a"], only_second=given["only_b"], neither=given["neither"]
    )
    for name, key in [("percent", "percent_agreement"), ("kappa", "cohen_kappa"), ("dice", "holsti_dice")]:
        close(getattr(found, name), case, key)
    close(found.jaccard, case, "jaccard")


def test_no_case_is_forgotten():
    # the other cases are of shares, McNemar, saturation, co-occurrence (tested beside those) and gamma
    elsewhere = {"newcombe1998_81_263", "newcombe1998_15_148", "mcnemar_exact_small", "guest2020_saturation"}
    elsewhere |= {"atlasti_c_coefficient", "mathet_gamma_three"}
    here = Path(__file__).read_text(encoding="utf-8")
    assert [case for case in CASES if case not in elsewhere and f'"{case}"' not in here] == []
