"""Many changes read in one list: what is told of them is more than chance, however many there are."""

import random
from itertools import product

from dossiers import rules
from dossiers.rules.comparing import _may_differ, _must_differ


def rate(numerator, denominator):
    return rules.Rate(numerator, denominator, "D2")


def test_one_change_alone_is_judged_as_change_judges_it():
    before, after = rate(88, 90), rate(880, 990)
    assert rules.stand_out([("khcn", before, after)]) == {"khcn": rules.FALL}
    assert rules.stand_out([("khcn", after, before)]) == {"khcn": rules.RISE}
    assert rules.stand_out([("khcn", before, rate(86, 90))]) == {}


def test_a_change_that_is_clear_alone_is_not_told_among_a_hundred():
    clear = (rate(96, 100), rate(86, 100))
    assert rules.change(*clear) == rules.FALL
    still = [(number, rate(90, 100), rate(91, 100)) for number in range(100)]
    assert rules.stand_out([("one", *clear)]) == {"one": rules.FALL}
    assert rules.stand_out([("one", *clear), *still]) == {}


def test_undefined_rates_and_equal_prints_are_no_changes():
    assert rules.stand_out([]) == {}
    assert rules.stand_out([("a", rate(0, 0), rate(5, 9)), ("b", rate(None, None), rate(5, 9))]) == {}
    assert rules.stand_out([("a", rate(999_800, 1_000_000), rate(999_900, 1_000_000))]) == {}


def test_where_nothing_moved_the_list_is_nearly_always_empty():
    """200 lists of 20 agencies whose true share is the same before and after: at most 5 % of them tell anything."""
    dice, told = random.Random(2026), 0
    for _list in range(200):
        rows = []
        for key in range(20):
            size, share = dice.randint(20, 150), dice.uniform(0.7, 0.99)
            hits = [sum(dice.random() < share for _dossier in range(size)) for _time in range(2)]
            rows.append((key, rate(hits[0], size), rate(hits[1], size)))
        told += bool(rules.stand_out(rows))
    assert told <= 10


def test_what_is_passed_over_without_fisher_is_never_below_the_threshold():
    for size_a, size_b in product(range(1, 17), range(1, 17)):
        for hits_a, hits_b in product(range(size_a + 1), range(size_b + 1)):
            if not _may_differ(rate(hits_a, size_a), rate(hits_b, size_b)):
                assert rules.fisher(hits_a, size_a, hits_b, size_b) >= rules.SIGNIFICANCE


def test_what_differs_for_certain_differs_by_the_exact_test():
    """Every table of small sizes against sizes up to a million: far from chance is p below 0.05, and it does occur."""
    certain = 0
    for size_a in (1, 2, 3, 5, 8, 20, 60):
        for size_b in (1, 3, 20, 99, 100, 101, 1_000, 20_000, 1_000_000):
            for hits_a in range(size_a + 1):
                for hits_b in {0, 1, 2, size_b // 100, size_b // 2, size_b - 1, size_b}:
                    if not 0 <= hits_b <= size_b or not 0 < hits_a + hits_b < size_a + size_b:
                        continue
                    if _must_differ(rate(hits_a, size_a), rate(hits_b, size_b)):
                        certain += 1
                        assert rules.fisher(hits_a, size_a, hits_b, size_b) < 0.05
    assert certain > 100


def test_a_change_of_large_counts_is_told_as_the_whole_test_would_tell_it():
    """`change` walks less far than `fisher`: round the threshold, where counts of a city lie, it decides alike."""
    dice, told = random.Random(2026), set()
    for _pair in range(400):
        size_a, size_b = dice.randint(600, 60_000), dice.randint(600, 60_000)
        share = dice.uniform(0.5, 0.99)
        spread = (share * (1 - share) / min(size_a, size_b)) ** 0.5
        shares = [min(1, max(0, share + dice.gauss(0, 2) * spread)) for _time in range(2)]
        before, after = rate(round(size_a * shares[0]), size_a), rate(round(size_b * shares[1]), size_b)
        if before.printed == after.printed:
            continue
        clear = rules.fisher(before.numerator, size_a, after.numerator, size_b) < rules.SIGNIFICANCE
        assert (rules.change(before, after) != rules.SAME) == clear
        told.add(clear)
    assert told == {True, False}
