"""What is read of a long text: which pieces, through which windows, and how these become one answer."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inquiry_pipeline.nlp.bundle import load_bundle
from inquiry_pipeline.nlp.reading import pieces, windows_of

MOST = 64
WISH = "refund the payment, i was charged twice on my invoice."
NUMBERS = "0 1 2 3 4 5 6 7 8 9 " * 8


@pytest.fixture(scope="module")
def bundle(tiny_bundle):
    return load_bundle(tiny_bundle)


@given(st.integers(9, 3_000), st.integers(8, 256))
def test_pieces_are_all_of_a_text_or_all_but_its_middle(count, most):
    found = pieces(count, most)
    rows = [row for piece in found for row in piece]
    assert rows == sorted(set(rows))
    assert (rows[0], rows[-1]) == (1, count - 2)
    assert len(found) <= 16
    assert max(map(len, found)) <= max(1, most // 4)
    gaps = [(first, second) for first, second in pairwise(rows) if second > first + 1]
    assert len(gaps) == (count - 2 > 16 * max(1, most // 4))


def test_another_middle_of_a_very_long_text_changes_no_piece():
    lengths = [[len(piece) for piece in pieces(count, MOST)] for count in (1_000, 1_001, 5_000)]
    assert lengths[0] == lengths[1] == lengths[2]


@given(st.integers(2, 600), st.integers(8, 100))
def test_windows_cover_a_text_and_overlap(count, most):
    tokens = ["start", *range(count - 2), "end"]
    windows = windows_of(tokens, most)
    if count <= most:
        assert windows == [tokens]
        return
    assert all((window[0], window[-1]) == ("start", "end") and len(window) == most for window in windows)
    inner = [window[1:-1] for window in windows]
    assert (inner[0][0], inner[-1][-1]) == (0, count - 3)
    assert all(window[0] < following[0] <= window[-1] + 1 for window, following in pairwise(inner))


def test_a_text_that_one_pass_can_read_is_read_whole(bundle):
    ids = bundle.encoder.token_ids("invoice " * (MOST - 2))
    assert bundle.read(ids, "en") == list(range(MOST))
    embedding = bundle.encoder.embed_ids(ids)
    assert bundle.answer(ids, "en") == bundle.heads.answer(embedding, "en")


@pytest.mark.parametrize(
    "text", [f"{WISH} {NUMBERS}", f"{NUMBERS} {WISH}", f"{NUMBERS} {WISH} {NUMBERS}", f"{NUMBERS * 8} {WISH}"]
)
def test_what_is_pasted_around_a_wish_is_left_out(bundle, text):
    tokens = bundle.encoder.tokens(text)
    assert len(tokens) > MOST
    rows = bundle.read([token.id for token in tokens], "en")
    read = [text[slice(*tokens[row].place)] for row in rows]
    assert "charged" in read
    assert sum(word.isdigit() for word in read) < MOST // 2
    category = bundle.answer([token.id for token in tokens], "en").category
    assert max(category, key=category.__getitem__) == "billing"


def test_without_a_head_for_the_scope_all_is_read(bundle):
    bare = replace(bundle, heads=replace(bundle.heads, scope=None))
    ids = bundle.encoder.token_ids(f"{NUMBERS} {WISH} {NUMBERS}")
    assert bare.read(ids, "en") == list(range(len(ids)))
    assert sum(bare.answer(ids, "en").sentiment.values()) == pytest.approx(1, abs=1e-5)


def test_windows_that_read_like_an_inquiry_count_more(bundle):
    wish, numbers = (bundle.encoder.embed(text) for text in (WISH, NUMBERS[:60]))
    merged = bundle.merged([wish, numbers, numbers], "en")
    assert merged @ wish > merged @ numbers
    assert np.linalg.norm(merged) == pytest.approx(1, abs=1e-5)
    np.testing.assert_array_equal(bundle.merged([wish], "en"), wish)


def test_embeddings_are_of_length_one(bundle):
    for text in ("invoice", "invoice password " * 100):
        assert np.linalg.norm(bundle.encoder.embed(text)) == pytest.approx(1, abs=1e-5)
