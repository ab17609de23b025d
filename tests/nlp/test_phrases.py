from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from inquiry_pipeline.nlp.phrases import Range, find_phrases, find_sentences, find_words, grouped

TEXTS = st.one_of(
    st.text(max_size=400),
    st.lists(st.sampled_from(["no", "invoice", "a", ". ", "! ", "\n", " ", "(", '"', "😀", "Größe", "x" * 70, "名前"]))
    .map("".join)
    .filter(lambda text: len(text) < 2_000),
)


def slices(text, ranges):
    return [text[one.start : one.end] for one in ranges]


def test_words_come_without_the_punctuation_around_them():
    text = 'Hello, "Größe" (3.5 cm)! me@example.com said: wow!! 😀 ...'
    assert slices(text, find_words(text)) == [
        *("Hello", "Größe", "3.5", "cm)!", "me@example.com", "said", "wow!!", "😀"),
    ]


def test_a_run_without_spaces_is_taken_in_pieces():
    text = "名" * 65
    assert [one.end - one.start for one in find_words(text)] == [30, 30, 5]


def test_sentences_end_at_marks_and_lines():
    text = "One two. Three? (Four.) 3.5 is a number\nFive! 六。七"
    sentences = find_sentences(text, find_words(text), at_most=20)
    assert [slices(text, sentence) for sentence in sentences] == [
        *(["One", "two"], ["Three?"], ["Four"], ["3.5", "is", "a", "number"], ["Five!"], ["六。七"]),
    ]


def test_many_sentences_are_grouped_by_their_length():
    text = "A word. " * 100
    groups = find_sentences(text, find_words(text), at_most=7)
    assert len(groups) == 7
    assert max(map(len, groups)) - min(map(len, groups)) <= 2


def test_phrases_join_short_words_to_the_next_but_not_across_punctuation():
    text = "It is not urgent, so do call me at the office. I, too, can wait"
    phrases = slices(text, find_phrases(text, find_words(text)))
    assert phrases == ["It is not urgent", "so do call", "me at the office", "I", "too", "can wait"]


def test_groups_keep_every_range():
    ranges = [Range(start, start + 1) for start in range(0, 14, 2)]
    assert grouped(ranges, 3) == [Range(0, 5), Range(6, 11), Range(12, 13)]


@given(text=TEXTS, at_most=st.integers(1, 12))
def test_every_range_is_made_of_whole_words_in_their_order(text, at_most):
    words = find_words(text)
    sentences = find_sentences(text, words, at_most=at_most)
    assert len(sentences) <= at_most
    assert [word for sentence in sentences for word in sentence] == words
    starts, ends = {word.start for word in words}, {word.end for word in words}
    for sentence in sentences:
        phrases = find_phrases(text, sentence)
        assert sorted(phrases) == phrases
        for phrase in phrases:
            assert phrase.start in starts
            assert phrase.end in ends
            assert text[phrase.start : phrase.end].strip() == text[phrase.start : phrase.end] != ""
        for before, after in pairwise(phrases):
            assert before.end <= after.start
        assert [word for word in words if any(word.within(one) for one in phrases)] == sentence


@given(text=TEXTS)
def test_no_visible_letter_is_outside_all_words(text):
    inside = {place for word in find_words(text) for place in range(word.start, word.end)}
    assert all(place in inside for place, character in enumerate(text) if character.isalnum())
