"""Inquiries to measure with: made from templates, the same ones on every machine, no two alike.

Their lengths are spread like those of real inquiries: most are short, a few are long, 56 tokens on average
(`tests/benchmarks` holds it to that). What they say does not matter to a speed; that they differ does, because
identical texts are answered from the prediction cache.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

_REFERENCES: Final = 900_001
_STEP: Final = 524_287
"""Without a common divisor, so `index * _STEP % _REFERENCES` takes every value once before it repeats."""

_SENTENCES: Final[Mapping[str, Sequence[str]]] = {
    "technical_support": (
        "Since {when} the {product} shows error {code} as soon as {who} tries to sign in.",
        "We restarted everything twice and cleared the cache, without any change.",
        "The nightly export stops at {percent} percent and the log only says connection reset by peer.",
        "It works on my colleague's laptop but not on the {count} machines in the warehouse.",
        "Can somebody tell me which setting decides whether attachments larger than {count} MB are refused?",
        "Nothing has been changed on our side, the certificate is valid and the firewall rules are the same.",
        "Until it runs again, {count} people write their orders on paper.",
        "The screen stays white after the update to version {version}.",
    ),
    "billing": (
        "The invoice of {when} lists {count} licences although we only ever ordered {percent}.",
        "You have charged {amount} to our account twice and the second charge was never announced.",
        "Please send a corrected invoice that carries our new address and the cost centre {code}.",
        "The refund of {amount} that {who} was promised has not arrived.",
        "Our bookkeeping cannot pay before the purchase order number appears on the document.",
        "I would like to change the payment method to direct debit from next month on.",
        "According to the contract the discount of {percent} percent applies for the whole year.",
    ),
    "sales": (
        "We are looking for a solution for about {count} users in {percent} branches and would like an offer.",
        "What does the larger plan cost if we pay a year in advance?",
        "Could {who} show us the {product} in a short call next week?",
        "Our present contract with another provider ends in {count} days, so we have to decide soon.",
        "Is there a discount for schools and charitable organisations?",
        "We would also need an interface to our own stock system, version {version}.",
        "Our budget for this year is {amount}, including training.",
    ),
    "hr": (
        "My pay slip of {when} shows {count} hours of overtime too few.",
        "I would like to know how many days of leave I have left this year and whether {percent} of them expire.",
        "Please confirm that my application for the position {code} has arrived.",
        "From next month on I want to reduce my working time to {percent} percent.",
        "The certificate from my doctor went to {who} by post.",
        "Which form is needed for parental leave, and by when do I have to hand it in?",
        "Nobody has told the new colleague at which entrance to report on the first day.",
    ),
    "legal": (
        "Under the data protection rules I ask you to tell me everything that you have stored about me.",
        "Clause {percent} of the agreement contradicts what {who} agreed with us {when}.",
        "Please let us have the signed data processing agreement within {count} days.",
        "Your advertisement uses our trade mark without permission, and we ask you to remove it.",
        "We are prepared to settle the matter for {amount} and without a court.",
        "Does the licence of the {product} allow us to pass the reports on to our own customers?",
        "Our auditors ask for evidence of how long the records of case {code} are kept.",
    ),
    "product_feedback": (
        "The new {product} is so much clearer than the old one, even {who} likes it.",
        "It would help a lot if the list could be sorted by date and the choice were remembered.",
        "The button for saving is far too close to the one for deleting.",
        "Since version {version} I need {count} clicks for what used to take two.",
        "A dark mode would be kind to those of us who work at night.",
        "The weekly summary is the first mail from a supplier that I read to its end.",
        "Please bring back the keyboard shortcuts that were there {when}.",
    ),
}
_SUBJECTS: Final = (
    "Question about {product}",
    "Order {reference}",
    "{product} {version}",
    "Please help",
    "Reminder",
    "Re: {product}",
    "Your message of {when}",
    "Urgent: {product}",
)
_REFERRED: Final = (
    "This concerns {reference}.",
    "Customer number {reference}.",
    "Ticket {reference} again.",
    "Contract {reference}:",
    "Order no. {reference}.",
    "My reference is {reference}.",
)
_OPENINGS: Final = ("Hello,", "Good morning,", "Dear team,", "Hi there,", "Dear Sir or Madam,")
_CLOSINGS: Final = (
    "Thank you!",
    "Many thanks in advance.",
    "Please call me back.",
    "Best wishes, {name}",
    "Regards, {name}",
)
_PRODUCTS: Final = (
    "customer portal",
    "mobile app",
    "report designer",
    "payment gateway",
    "scheduling module",
    "web shop",
)
_WHEN: Final = ("yesterday", "last Monday", "the 3rd of March", "this morning", "last week", "the end of June")
_WHO: Final = ("our accountant", "your colleague", "the whole team", "my manager", "the night shift", "Ms Hartmann")
_NAMES: Final = ("Ida Lindgren", "Paul Osei", "Marta Kowalska", "Tom Becker", "Nadia Rahman", "Luis Ortega")
_LENGTHS: Final = (32, 29, 16, 9, 6, 4, 4)
"""How many of a hundred inquiries have one, two, three … sentences."""


@dataclass(frozen=True, slots=True)
class Text:
    """One inquiry, in the form in which the API and `inquiry classify` take it."""

    subject: str | None
    body: str

    def fields(self) -> dict[str, str]:
        """As a JSON object."""
        return {"subject": self.subject, "body": self.body} if self.subject else {"body": self.body}


def text(index: int) -> Text:
    """The inquiry of this number; different numbers below 900,001 give different inquiries."""
    chosen = random.Random(index)
    slots = _slots(index, chosen)
    sentences = _SENTENCES[chosen.choice(list(_SENTENCES))]
    count = chosen.choices(range(1, len(_LENGTHS) + 1), _LENGTHS)[0]
    parts = [chosen.choice(_REFERRED), *chosen.sample(sentences, count)]
    if chosen.random() < 0.35:
        parts.insert(0, chosen.choice(_OPENINGS))
    if chosen.random() < 0.35:
        parts.append(chosen.choice(_CLOSINGS))
    subject = chosen.choice(_SUBJECTS).format(**slots) if chosen.random() < 0.6 else None
    return Text(subject, " ".join(parts).format(**slots))


def texts(first: int, count: int) -> Iterator[Text]:
    """`count` inquiries from number `first` on."""
    return map(text, range(first, first + count))


def _slots(index: int, chosen: random.Random) -> dict[str, str]:
    return {
        "reference": str(100_000 + index * _STEP % _REFERENCES),
        "when": chosen.choice(_WHEN),
        "who": chosen.choice(_WHO),
        "name": chosen.choice(_NAMES),
        "product": chosen.choice(_PRODUCTS),
        "code": f"{chosen.choice('ABCDEFGH')}-{chosen.randint(100, 9999)}",
        "count": str(chosen.randint(3, 400)),
        "percent": str(chosen.randint(2, 95)),
        "version": f"{chosen.randint(1, 12)}.{chosen.randint(0, 9)}",
        "amount": f"{chosen.randint(20, 9000)}.{chosen.randint(0, 99):02} euros",
    }
