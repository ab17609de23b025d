"""Reading rules: what a right file becomes, and what is said of a wrong one."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inquiry_pipeline.core.errors import RulesError
from inquiry_pipeline.core.prediction import Sentiment, Urgency
from inquiry_pipeline.core.routing import RosterEntry
from inquiry_pipeline.routing.assignment import assign
from inquiry_pipeline.routing.engine import route
from inquiry_pipeline.routing.rules import Strategy, load_rules, parse_rules
from inquiry_pipeline.routing.schema import _validator
from tests.routing.building import NOON, inquiry, prediction

DEFAULT_FILE = Path(__file__).parents[2] / "config" / "routing_rules.yaml"

RIGHT = """\
departments:
  support:
    name: Support
    categories: [technical_support]
    assignment: round_robin
    languages: [en, "no"]
  money:
    name: Money
    categories: [billing]
    assignment: load_balanced
consultants:
  ada:
    name: Ada
    departments: [support, money]
    manager: true
  bob:
    name: Bob
    email: bob@example.com
    departments: [money]
    languages: [en]
    level: 2
score:
  urgency: {low: 0, medium: 30, high: 60, critical: 80}
  sentiment: {negative: 10, neutral: 5, positive: 0}
  category:
    technical_support: 10
    billing: 8
senders:
  - {name: vip, points: 5, domains: [vip.example]}
priorities:
  - {name: low, from: 0}
  - {name: high, from: 60}
triage:
  department: money
escalations:
  - name: angry
    level: 1
    when:
      sentiment: negative
    then: {manager: true}
"""


def problems(text: str) -> list[str]:
    with pytest.raises(RulesError) as caught:
        parse_rules(text, source="rules.yaml")
    return str(caught.value).split("\n")


def complaint(text: str) -> list[str]:
    """What is said of a text that may be right or wrong."""
    try:
        parse_rules(text, source="rules.yaml")
    except RulesError as error:
        return str(error).split("\n")
    return []


def edited(old: str, new: str) -> str:
    assert RIGHT.count(old) == 1, f"{old!r} is not there once"
    return RIGHT.replace(old, new)


def test_the_right_rules_are_right():
    rules = parse_rules(RIGHT, source="rules.yaml")
    assert rules.departments["support"].strategy is Strategy.ROUND_ROBIN
    assert rules.departments["support"].languages == ("en", "no")
    assert rules.consultants["bob"].level == 2
    assert [person.id for person in rules.members("money")] == ["ada", "bob"]
    assert rules.department_for("billing") is rules.departments["money"]
    assert rules.department_for("astrology") is None
    assert [rules.band_of(score) for score in (0, 59.99, 60, 100)] == ["low", "low", "high", "high"]
    assert json.loads(json.dumps(rules.document)) == rules.document


WRONG = [
    # the schema
    ("assignment: round_robin", "assignment: roundrobin",
     "5: departments.support.assignment: 'roundrobin' is not one of 'round_robin', 'skill_based', "
     "'load_balanced'; did you mean 'round_robin'?"),
    ("    name: Support\n", "", "2: departments.support.name: is missing"),
    ("manager: true\n  bob", "manger: true\n  bob",
     "15: consultants.ada.manger: unknown key (known: name, email, departments, categories, languages, level, "
     "capacity, weight, manager); did you mean 'manager'?"),
    ("level: 2", "level: two", "21: consultants.bob.level: must be a whole number, not 'two'"),
    ("level: 2", "level: 0", "21: consultants.bob.level: 0 is less than 1"),
    ("level: 2", "capacity: 20.5", "21: consultants.bob.capacity: must be a whole number, not 20.5"),
    ("level: 2", "weight: 0", "21: consultants.bob.weight: 0 is less than 0.01"),
    ("level: 2", "weight: .inf", "21: consultants.bob.weight: must be a number, not '.inf'"),
    ("level: 2", "weight: 1e999", "21: consultants.bob.weight: '1e999' is not a number that can be used"),
    ("name: Bob", "name:", "17: consultants.bob.name: must be text, not empty"),
    ("bob@example.com", "bob at home", "18: consultants.bob.email: 'bob at home' is not an e-mail address"),
    ("languages: [en]\n", "languages: [en, English]\n",
     "20: consultants.bob.languages[1]: 'English' is not a language code of two or three lower-case letters, "
     "such as en"),
    ("languages: [en]\n", "languages: [en, en]\n", "20: consultants.bob.languages: names 'en' more than once"),
    ("departments: [money]", "departments: []", "19: consultants.bob.departments: must not be empty"),
    ("  bob:\n", "  Bob Ross:\n",
     "16: consultants['Bob Ross']: 'Bob Ross' is not a name of lower-case letters, digits, '-' and '_'"),
    ("medium: 30, ", "", "23: score.urgency.medium: is missing"),
    ("sentiment: negative", "sentiment: furious",
     "39: escalations[0].when.sentiment: 'furious' is not one of 'negative', 'neutral', 'positive'"),
    ("sentiment: negative", "urgency: [high, hgih]",
     "39: escalations[0].when.urgency[1]: 'hgih' is not one of 'low', 'medium', 'high', 'critical'; "
     "did you mean 'high'?"),
    ("sentiment: negative", "urgency: {at_least: huge}",
     "39: escalations[0].when.urgency.at_least: 'huge' is not one of 'low', 'medium', 'high', 'critical'"),
    ("when:\n      sentiment: negative", "when: {}", "38: escalations[0].when: must not be empty"),
    ("sentiment: negative", "not: {any: []}", "39: escalations[0].when.not.any: must not be empty"),
    ("sentiment: negative", "regex: '(a+)+'",
     "39: escalations[0].when.regex: unknown key (known: all, any, not, category, department, channel, language, "
     "sentiment, urgency, confidence, priority_score, age_hours, keywords, sender, abstained, degraded)"),
    # how the parts fit together
    ("[support, money]", "[support, money, moeny]",
     "14: consultants.ada.departments[2]: unknown department 'moeny'; did you mean 'money'?"),
    ("categories: [billing]", "categories: [billing, technical_support]",
     "9: departments.money.categories[1]: the category 'technical_support' goes to 'support' already"),
    ("categories: [billing]", "categories: []", "27: score.category.billing: no department has the category 'billing'"),
    ("categories: [technical_support]", "categories: [technical_support, tax]",
     "4: departments.support.categories[1]: unknown category 'tax' (known: 'technical_support', 'billing')"),
    ('languages: [en, "no"]', "languages: [en]\n  empty: {name: Empty, assignment: round_robin}",
     "7: departments.empty: no consultant belongs to this department"),
    ("manager: true\n  bob", "languages: [en]\n    manager: true\n  bob",
     "6: departments.support.languages[1]: no consultant of 'support' reads 'no'"),
    ("    manager: true\n", "    email: BOB@example.com\n    manager: true\n",
     "19: consultants.bob.email: the e-mail address 'bob@example.com' is given twice"),
    ("high: 60, critical", "high: 20, critical",
     "23: score.urgency.high: 20 points are fewer than the 30 of 'medium'"),
    ("from: 0", "from: 5", "31: priorities[0].from: the first band must start at 0, not 5"),
    ("from: 60", "from: 0", "32: priorities[1].from: bands must rise: 0 does not come after 0"),
    ("{name: high, from", "{name: low, from", "32: priorities[1].name: the name 'low' is given twice"),
    ("domains: [vip.example]}", "domains: [vip.example, VIP.example]}",
     "29: senders[0].domains[1]: the domain 'vip.example' is given twice"),
    (", domains: [vip.example]", "", "29: senders[0]: needs addresses or domains"),
    ("department: money", "department: traige",
     "34: triage.department: unknown department 'traige' (known: 'support', 'money')"),
    ("  - name: angry", "  - {name: angry, level: 2, when: {degraded: true}}\n  - name: angry",
     "37: escalations[1].name: the name 'angry' is given twice"),
    ("sentiment: negative", "category: [biling]",
     "39: escalations[0].when.category[0]: unknown category 'biling'; did you mean 'billing'?"),
    ("sentiment: negative", "any: [{not: {department: hr}}]",
     "39: escalations[0].when.any[0].not.department: unknown department 'hr' (known: 'support', 'money')"),
    ("sentiment: negative", "sender: {tier: vop}",
     "39: escalations[0].when.sender.tier: unknown sender tier 'vop'; did you mean 'vip'?"),
    ("sentiment: negative", "keywords: [court, '!?']",
     "39: escalations[0].when.keywords[1]: '!?' holds no letter or digit, so it can never be found"),
    ("sentiment: negative", "keywords: {all: ['...']}",
     "39: escalations[0].when.keywords.all[0]: '...' holds no letter or digit, so it can never be found"),
    ("{manager: true}", "{consultant: eve}",
     "40: escalations[0].then.consultant: unknown consultant 'eve' (known: 'ada', 'bob')"),
    ("{manager: true}", "{consultant: bob, department: support}",
     "40: escalations[0].then.consultant: 'bob' does not belong to 'support'"),
    ("{manager: true}", "{min_level: 3, department: money}",
     "40: escalations[0].then.min_level: nobody in 'money' has level 3; the highest is 2"),
    ("{manager: true}", "{min_level: 3}",
     "40: escalations[0].then.min_level: nobody in any department has level 3; the highest is 2"),
    # the text
    ("level: 2", "level: 2\n    level: 3", "22: consultants.bob.level: is given twice, first on line 21"),
    ("name: Bob", 'name: "B\\0b"', "17: consultants.bob.name: holds control characters"),
    ("name: Bob", "name: !!python/name:os.system x",
     "17: consultants.bob.name: the tag 'tag:yaml.org,2002:python/name:os.system' is not allowed here"),
    ("name: Bob", "<<: {name: Bob}",
     "17: consultants.bob: merge keys (<<) are not supported: write the keys out"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "expected"), WRONG, ids=[row[2][:60] for row in WRONG])
def test_a_problem_is_told_with_file_line_and_path(old, new, expected):
    assert f"rules.yaml:{expected}" in problems(edited(old, new))


def test_a_target_without_a_manager_is_told():
    text = edited("    manager: true\n", "")
    assert problems(text) == [
        "rules.yaml:39: escalations[0].then.manager: nobody in 'money' is a manager",
        "rules.yaml:39: escalations[0].then.manager: nobody in 'support' is a manager",
    ]


def test_every_problem_is_told_at_once_in_the_order_of_the_file():
    text = edited("round_robin", "in_turn").replace("level: 2", "level: high").replace("from: 60", "from: 101")
    text = text.replace("department: money", "department: nowhere")
    assert [line.split(": ")[1] for line in problems(text)] == [
        "departments.support.assignment",
        "consultants.bob.level",
        "priorities[1].from",
        "triage.department",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "rules.yaml:1: the file is empty"),
        ("# nothing\n", "rules.yaml:1: the file is empty"),
        ("- a\n- b\n", "rules.yaml:1: the top of the file must be a mapping with keys such as 'departments'"),
        ("~", "rules.yaml:1: the top of the file must be a mapping with keys such as 'departments'"),
        ("a: 1\nb: [1, 2\nc: 3\n", "rules.yaml:3: not valid YAML: expected ',' or ']', but got ':', "
         "while parsing a flow sequence"),
        ("a: 1\n\tb: 2\n", "rules.yaml:2: not valid YAML: found character '\\t' that cannot start any token, "
         "while scanning for the next token"),
        ("a: 1\nb: \x07\n", "rules.yaml:2: not valid YAML: special characters are not allowed"),
        ("a: &a [*a]", "rules.yaml:1: nested too deeply, or repeated too often by aliases"),
        ("[" * 5000, "rules.yaml:1: nested too deeply"),
        ("a: [" + ", ".join(["1"] * 400_000) + "]", "rules.yaml:1: longer than 1000000 characters"),
    ],
    ids=range(10),
)  # fmt: skip
def test_a_text_that_holds_no_rules_is_told_with_its_line(text, expected):
    assert problems(text) == [expected]


def test_aliases_cannot_blow_up():
    text = "a: &a [1,1,1,1,1,1,1,1,1,1]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True):
        text += f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n"
    assert problems(text)[0].endswith("nested too deeply, or repeated too often by aliases")


def test_a_file_that_is_not_utf8_is_told_with_its_line(tmp_path):
    file = tmp_path / "rules.yaml"
    file.write_bytes(RIGHT.replace("Bob", "Bj\u00f6rn").encode("latin-1"))
    with pytest.raises(RulesError, match=r"rules\.yaml:17: not UTF-8: byte 0xf6"):
        load_rules(file)


def test_a_byte_order_mark_is_no_problem(tmp_path):
    file = tmp_path / "rules.yaml"
    file.write_text(RIGHT, encoding="utf-8-sig")
    assert load_rules(file).version == parse_rules(RIGHT, source="").version


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(RulesError, match=r"none\.yaml: cannot be read: No such file"):
        load_rules(tmp_path / "none.yaml")


@given(st.text(max_size=60), st.integers(0, len(RIGHT)), st.integers(0, 40))
def test_any_damage_is_told_as_a_rules_error_with_file_and_line(junk, start, length):
    said = complaint(RIGHT[:start] + junk + RIGHT[start + length :])
    assert all(line.startswith("rules.yaml:") for line in said)


@given(st.recursive(
    st.none() | st.booleans() | st.integers(-5, 200) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
), st.sampled_from([*range(12)]))  # fmt: skip
def test_anything_in_any_place_is_told_as_a_rules_error(value, which):
    data = dict(parse_rules(RIGHT, source="").document)
    places = ["departments", "consultants", "score", "senders", "priorities", "triage", "escalations"]
    if which < len(places):
        data[places[which]] = value
    else:
        key = ["when", "then", "level", "name", "description"][which - len(places)]
        data["escalations"] = [{"name": "x", "level": 1, "when": {"degraded": True}, key: value}]
    assert all(line.startswith("rules.yaml:") for line in complaint(json.dumps(data)))


def test_version_follows_the_content_alone():
    def version(text: str) -> str:
        return parse_rules(text, source="x").version

    same = "# a comment\n" + edited("level: 2", "level:   2.0   # senior").replace("[money]", "\n      - money")
    assert version(same) == version(RIGHT)
    assert version(json.dumps(parse_rules(RIGHT, source="x").document)) == version(RIGHT)
    assert version(edited("level: 2", "level: 3")) != version(RIGHT)
    assert len(version(RIGHT)) == 12


def test_the_schema_knows_the_labels_of_the_core():
    schema: Any = _validator().schema
    definitions = schema["$defs"]["condition"]["properties"]
    assert definitions["urgency"]["items"]["enum"] == [label.value for label in Urgency]
    assert definitions["sentiment"]["items"]["enum"] == [label.value for label in Sentiment]
    assignment = schema["$defs"]["department"]["properties"]["assignment"]
    assert assignment["enum"] == [strategy.value for strategy in Strategy]


def test_the_schema_is_a_schema():
    type(_validator()).check_schema(_validator().schema)


# --- the default rules


def test_default_rules_are_complete():
    rules = load_rules(DEFAULT_FILE)
    assert len(rules.consultants) == 12
    assert len(rules.departments) == 7
    assert {department.strategy for department in rules.departments.values()} == set(Strategy)
    assert {rule.level for rule in rules.escalations} == {1, 2, 3}
    assert {person.level for person in rules.consultants.values()} == {1, 2, 3}
    assert rules.ages == (timedelta(hours=4), timedelta(hours=24))


@pytest.mark.parametrize("language", ["en", "de", "es", "fr", "pt", "it", "nl", "pl"])
def test_default_rules_find_someone_for_every_category_and_language(language):
    rules = load_rules(DEFAULT_FILE)
    for category in rules.categories:
        made = route(inquiry(), prediction(category=category, language=language), rules, NOON)
        roster = [RosterEntry(consultant=person) for person in rules.members(made.department)]
        made = assign(made, roster)
        chosen = rules.consultants[str(made.consultant)]
        promised = language in rules.departments[made.department].languages
        relaxed = f"Nobody available reads {language}: given out without regard to language" in made.reasons
        assert language in chosen.languages or (relaxed and not promised)
