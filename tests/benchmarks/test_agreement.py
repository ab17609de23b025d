import pytest

from benchmarks.agreement import kappa, main


def test_kappa_is_agreement_beyond_chance():
    assert kappa(["a", "b", "a", "b"], ["a", "b", "a", "b"]) == 1
    assert kappa(["a", "a", "b", "b"], ["a", "b", "a", "b"]) == 0
    assert kappa(["a"] * 20 + ["b"] * 5 + ["a"] * 10 + ["b"] * 15, ["a"] * 25 + ["b"] * 25) == pytest.approx(0.4)


def test_the_second_annotation_belongs_to_the_data(capsys):
    main()
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 12
    assert all(" of 240 " in line for line in lines if " all " in line)
