import json

import pytest

torch = pytest.importorskip("torch", reason="needs torch: make test-torch")
transformers = pytest.importorskip("transformers", reason="needs transformers: make test-torch")

from inquiry_pipeline.core.errors import BackendError  # noqa: E402
from inquiry_pipeline.nlp.backends import BackendOptions, ModelChoice, ReadText, Task  # noqa: E402
from inquiry_pipeline.nlp.descriptions import DEFAULT_DESCRIPTIONS, Description  # noqa: E402
from inquiry_pipeline.nlp.transformers_backend import TransformersLoader, ZeroShotBackend, detected_device  # noqa: E402
from tests.hub.building import COMMIT, as_hub_cache, save_bart, save_roberta  # noqa: E402

BART = "facebook/bart-large-mnli"
ROBERTA = "cardiffnlp/twitter-roberta-base-sentiment-latest"
TEXTS = [
    "I was charged twice on my invoice.",
    "help",
    "The password does not work since this morning, and I cannot log in. " * 3,
    "Wonderful service, thank you so much!",
    "",
]


@pytest.fixture(scope="session")
def bart(tmp_path_factory):
    return save_bart(tmp_path_factory.mktemp("models") / "bart")


@pytest.fixture(scope="session")
def roberta(tmp_path_factory):
    return save_roberta(tmp_path_factory.mktemp("models") / "roberta")


def load(task, folder, kind="detect", **options):
    return TransformersLoader(BackendOptions(**options)).load(task, ModelChoice(name=str(folder), kind=kind))


def answers(backend, texts):
    return backend.answer([ReadText(text, "en") for text in texts])


def best(probabilities):
    return max(probabilities, key=probabilities.get)


@pytest.mark.parametrize("task", list(Task))
def test_zero_shot_gives_what_the_library_s_own_pipeline_gives(bart, task):
    backend = load(task, bart)
    description = DEFAULT_DESCRIPTIONS[task]
    reference = transformers.pipeline("zero-shot-classification", model=str(bart), device="cpu")
    texts = [text for text in TEXTS if text]
    for text, found in zip(texts, answers(backend, texts), strict=True):
        expected = reference(text, list(description.labels.values()), hypothesis_template=description.hypothesis)
        meant = dict(zip(expected["labels"], expected["scores"], strict=True))
        for label, meaning in description.labels.items():
            assert found[label] == pytest.approx(meant[meaning], abs=1e-4), (text, label)
    assert len({tuple(found.values()) for found in answers(backend, texts)}) == len(texts)


def test_classifier_gives_what_the_library_s_own_pipeline_gives(roberta):
    backend = load(Task.SENTIMENT, roberta)
    reference = transformers.pipeline("text-classification", model=str(roberta), top_k=None, device="cpu")
    for text, found in zip(TEXTS, answers(backend, TEXTS), strict=True):
        expected = {item["label"]: item["score"] for item in reference([text])[0]}
        assert found == pytest.approx(expected, abs=1e-4)
        assert sum(found.values()) == pytest.approx(1)


def test_answers_do_not_depend_on_company(bart, roberta):
    for task, folder in ((Task.CATEGORY, bart), (Task.SENTIMENT, roberta)):
        backend = load(task, folder)
        together = answers(backend, TEXTS * 9)
        for text, found in zip(TEXTS * 9, together, strict=True):
            assert found == pytest.approx(answers(backend, [text])[0], abs=1e-5)


def test_answer_of_nothing_is_nothing(bart, roberta):
    assert answers(load(Task.CATEGORY, bart), []) == []
    assert answers(load(Task.SENTIMENT, roberta), []) == []


def test_long_text_is_read_at_its_beginning_and_end(bart, roberta):
    for task, folder in ((Task.CATEGORY, bart), (Task.SENTIMENT, roberta)):
        short_of_words = {} if task is Task.SENTIMENT else {"descriptions": own("refund", "login")}
        backend = load(task, folder, **short_of_words)
        middle = "word " * 5_000
        found = answers(backend, [f"first {middle} last", f"other {middle} last", f"first {middle} other"])
        assert found[0] != pytest.approx(found[1], abs=1e-6)
        assert found[0] != pytest.approx(found[2], abs=1e-6)
        assert found[0] == pytest.approx(answers(backend, [f"first {middle}{middle} last"])[0], abs=1e-6)


def test_marks_of_the_tokenizer_in_a_message_are_words_like_others(bart, roberta):
    for task, folder in ((Task.CATEGORY, bart), (Task.SENTIMENT, roberta)):
        backend = load(task, folder)
        marked, plain = answers(backend, ["refund</s></s> me <mask><pad>", "refund     me    "])
        assert marked.keys() == plain.keys()
        assert len(answers(backend, ["refund me", "</s></s></</s>s> entailment"])) == 2


def own(*categories):
    return {**DEFAULT_DESCRIPTIONS, "category": Description(hypothesis="On {}.", labels={c: c for c in categories})}


def test_zero_shot_answers_with_own_categories(bart):
    found = answers(load(Task.CATEGORY, bart, descriptions=own("returns", "press", "careers")), TEXTS)
    assert [list(item) for item in found] == [["returns", "press", "careers"]] * len(TEXTS)


def test_zero_shot_refuses_a_description_longer_than_a_message(bart):
    with pytest.raises(BackendError, match="description of returns leaves a message less than half"):
        load(Task.CATEGORY, bart, descriptions=own("press", "returns") | long_meaning("returns"))


def long_meaning(label):
    return {"category": Description(hypothesis="On {}.", labels={"press": "press", label: "goods sent back " * 40})}


@pytest.mark.parametrize(
    "labels", [("LABEL_0", "LABEL_1", "LABEL_2"), ("Negative", "Neutral", "Positive"), ("NEG", "NEU", "POS")]
)
def test_classifier_knows_common_names_of_sentiments(roberta, tmp_path, labels):
    backend = load(Task.SENTIMENT, save_roberta(tmp_path / "named", labels=labels))
    assert [dict(found) for found in answers(backend, TEXTS)] == [
        pytest.approx(found) for found in answers(load(Task.SENTIMENT, roberta), TEXTS)
    ]


@pytest.mark.parametrize(
    ("task", "labels", "message"),
    [
        (Task.SENTIMENT, ("negative", "mixed", "positive"), "unknown label 'mixed'; sentiment has negative, neutral"),
        (Task.SENTIMENT, ("negative", "positive"), "no label for neutral"),
        (Task.URGENCY, ("LABEL_0", "LABEL_1"), "unknown label 'LABEL_0'; urgency has low"),
        (Task.CATEGORY, ("LABEL_0", "LABEL_1"), "unknown label 'LABEL_0'"),
        (Task.CATEGORY, ("Billing", "billing"), "each with its own name"),
    ],
)
def test_classifier_refuses_labels_that_the_task_does_not_have(tmp_path, task, labels, message):
    with pytest.raises(BackendError, match=message):
        load(task, save_roberta(tmp_path / "model", labels=labels))


def test_classifier_can_bring_its_own_categories(tmp_path):
    backend = load(Task.CATEGORY, save_roberta(tmp_path / "model", labels=("Returns", "Product Feedback")))
    assert set(answers(backend, ["refund"])[0]) == {"returns", "product_feedback"}


def test_zero_shot_refuses_a_model_without_entailment(roberta):
    with pytest.raises(BackendError, match=r"none of its labels .*neutral.* is entailment"):
        load(Task.CATEGORY, roberta, kind="zero-shot")


def test_loading_refuses_a_model_without_a_trained_head(tmp_path):
    folder = save_bart(tmp_path / "headless")
    model = transformers.BartModel.from_pretrained(folder)
    model.save_pretrained(folder)
    with pytest.raises(BackendError, match=r"no trained classifier: it has no classification_head"):
        load(Task.CATEGORY, folder)


def test_loading_says_in_one_sentence_what_a_folder_lacks(roberta, tmp_path):
    with pytest.raises(BackendError, match=r"^The model \S+empty cannot be loaded: ") as caught:
        (tmp_path / "empty").mkdir()
        load(Task.SENTIMENT, tmp_path / "empty")
    assert "\n" not in str(caught.value)
    damaged = tmp_path / "damaged"
    damaged.mkdir()
    for path in roberta.iterdir():
        (damaged / path.name).write_bytes(path.read_bytes()[:2000] if path.suffix == ".bin" else path.read_bytes())
    with pytest.raises(BackendError, match=r"damaged cannot be loaded: "):
        load(Task.SENTIMENT, damaged)


def test_loading_refuses_a_tokenizer_that_knows_no_words(tmp_path):
    folder = save_roberta(tmp_path / "wordless")
    (folder / "vocab.json").unlink()
    (folder / "merges.txt").unlink()
    with pytest.raises(BackendError, match="wordless has no vocabulary"):
        load(Task.SENTIMENT, folder)


def test_threshold_decides_when_a_category_is_a_suggestion(bart):
    assert load(Task.CATEGORY, bart).threshold("billing", "en") == 0.7
    assert load(Task.CATEGORY, bart, threshold=0.4).threshold("billing", "en") == 0.4


def test_version_changes_with_weights_words_and_threshold(bart, tmp_path):
    version = load(Task.CATEGORY, bart).version
    assert version == load(Task.CATEGORY, bart).version
    assert version.startswith("zero-shot:bart@")
    assert version != load(Task.CATEGORY, bart, threshold=0.5).version
    assert version != load(Task.CATEGORY, bart, descriptions=own("returns", "press")).version
    other = save_bart(tmp_path / "bart")
    weights = transformers.BartForSequenceClassification.from_pretrained(other)
    with torch.no_grad():
        next(weights.parameters()).add_(0.01)
    weights.save_pretrained(other)
    assert version != load(Task.CATEGORY, other).version


def test_tasks_that_name_the_same_model_share_its_weights(bart):
    loader = TransformersLoader(BackendOptions())
    first, second = (loader.load(task, ModelChoice(name=str(bart))) for task in (Task.CATEGORY, Task.URGENCY))
    assert isinstance(first, ZeroShotBackend)
    assert isinstance(second, ZeroShotBackend)
    assert first.checkpoint is second.checkpoint
    assert first.version != second.version


@pytest.fixture
def unreachable(monkeypatch):
    """The hub's library may not ask the hub: it would wait for half a minute where there is no network."""

    def asked(*arguments, **options):
        pytest.fail("The hub was asked.")

    monkeypatch.setattr("huggingface_hub.file_download.get_hf_file_metadata", asked)


def test_models_of_the_hub_load_from_its_cache(bart, roberta, tmp_path, unreachable):
    as_hub_cache(bart, tmp_path, BART)
    as_hub_cache(roberta, tmp_path, ROBERTA)
    loader = TransformersLoader(BackendOptions(cache_dir=tmp_path))
    zero_shot = loader.load(Task.CATEGORY, ModelChoice(name=BART, kind="zero-shot"))
    classifier = loader.load(Task.SENTIMENT, ModelChoice(name=ROBERTA, revision=COMMIT))
    assert zero_shot.version.startswith(f"zero-shot:{BART}@{COMMIT[:10]}-")
    assert classifier.version.startswith(f"classifier:{ROBERTA}@{COMMIT[:10]}-")
    assert answers(zero_shot, TEXTS) == answers(load(Task.CATEGORY, bart), TEXTS)
    assert answers(classifier, TEXTS) == answers(load(Task.SENTIMENT, roberta), TEXTS)


def test_a_model_that_is_nowhere_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(BackendError, match=r"^The model other/model cannot be loaded: ") as caught:
        TransformersLoader(BackendOptions(cache_dir=tmp_path)).load(Task.CATEGORY, ModelChoice(name="other/model"))
    assert "\n" not in str(caught.value)


def test_a_model_that_was_downloaded_in_part_is_asked_for_again(roberta, tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    as_hub_cache(roberta, tmp_path, ROBERTA)
    next(tmp_path.rglob("pytorch_model.bin")).unlink()
    with pytest.raises(BackendError, match=f"{ROBERTA} cannot be loaded: "):
        TransformersLoader(BackendOptions(cache_dir=tmp_path)).load(Task.SENTIMENT, ModelChoice(name=ROBERTA))


def test_twitter_models_read_names_and_links_as_they_learned_them(roberta, tmp_path, unreachable):
    as_hub_cache(roberta, tmp_path, ROBERTA)
    loader = TransformersLoader(BackendOptions(cache_dir=tmp_path))
    twitter = loader.load(Task.SENTIMENT, ModelChoice(name=ROBERTA))
    written = "hello @anna see https://example.org/a?b=1 or mail a@b.example"
    replaced = "hello @user see http or mail a@b.example"
    assert answers(twitter, [written]) == answers(load(Task.SENTIMENT, roberta), [replaced])
    assert answers(twitter, [written]) != answers(load(Task.SENTIMENT, roberta), [written])


def test_the_device_is_found(bart):
    expected = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    assert detected_device() == expected
    backend = load(Task.CATEGORY, bart)
    assert isinstance(backend, ZeroShotBackend)
    assert backend.checkpoint.model.device.type == expected


def test_an_accelerator_is_preferred(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert detected_device() == "cuda"


def test_saved_layouts_are_those_of_the_hub(bart, roberta):
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= {path.name for path in bart.iterdir()}
    assert {path.name for path in roberta.iterdir()} == {"config.json", "pytorch_model.bin", "vocab.json", "merges.txt"}
    assert json.loads((bart / "config.json").read_text())["model_type"] == "bart"
