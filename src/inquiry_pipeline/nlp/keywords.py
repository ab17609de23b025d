"""Keyword rules for all three tasks: what answers when the model cannot. Simple, visible, unsure of itself.

The rules of urgency (`urgency`) have their say on its answers as on the model's.

Confidence grows with the number of hits and never passes 0.6; without any hit for a category, it abstains.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from inquiry_pipeline.core.prediction import Prediction, Sentiment, Urgency
from inquiry_pipeline.nlp.backends import Task

KEYWORDS_VERSION: Final = "keywords-1"
_MOST_CONFIDENCE: Final = 0.6
_READ_AT_MOST: Final = 4_000

_CATEGORIES: Final[Mapping[str, str]] = {
    "technical_support": r"error\w*|crash\w*|bugs?|log ?in|logging in|password|passwort|not working|does(?:n.t| not)"
    r" work|broken|install\w*|outage|slow|api|freez\w*|cannot connect|fehler\w*|funktioniert nicht|abgestürzt"
    r"|contraseña|no funciona|mot de passe|ne fonctionne (?:pas|plus)|en panne|non funziona|errore|senha|não funciona"
    r"|wachtwoord|werkt niet|storing",
    "billing": r"invoices?|bill(?:ed|ing)?|charged?|charges|refund\w*|payments?|credit card|overcharged|receipt"
    r"|subscription|rechnung\w*|abbuchung|erstattung|zahlung\w*|factura\w*|cobro|reembolso|facture\w*|remboursement"
    r"|prélèvement|fattura\w*|rimborso|addebito|fatura|cobrança|factuur|terugbetaling",
    "sales": r"pricing|price list|quotes?|demo|trial|purchase|buy(?:ing)?|upgrade|licen[cs]es|discount|angebot"
    r"|preisliste|kaufen|presupuesto|comprar|precios|devis|tarifs?|acheter|preventivo|acquistare|orçamento|offerte"
    r"|kopen",
    "hr": r"vacation|annual leave|sick leave|parental leave|payroll|salary|payslip|vacancy|job application|resume|cv"
    r"|employment|onboarding|holiday entitlement|urlaub|gehalt|bewerbung|arbeitsvertrag|vacaciones|nómina|currículum"
    r"|congés?|salaire|candidature|ferie|stipendio|férias|salário|verlof|loonstrook|sollicitatie",
    "legal": r"gdpr|dsgvo|rgpd|avg|lawyer|attorney|lawsuit|court|subpoena|nda|contract review|compliance"
    r"|data protection|personal data|copyright|trademark|liability|anwalt|datenschutz|klage|abogado|demanda judicial"
    r"|avocat|juridique|avvocato|advogado|advocaat|legal action",
    "product_feedback": r"feature request|suggestion|suggest|feedback|would be (?:nice|great)|it would help|love the"
    r"|wish (?:you|it|there)|improve\w*|idea|vorschlag|verbesserung|wünsche mir|sugerencia|suggestion|suggerimento"
    r"|sugestão|suggestie",
}
_NEGATIVE: Final = (
    r"angry|furious|terrible|awful|worst|unacceptable|disappoint\w*|ridiculous|useless|frustrat\w*|disgrace\w*|fed up"
    r"|joke|annoy\w*|complain\w*|wütend|unverschämt|enttäusch\w*|katastrophe|schlecht\w*|inaceptable|decepcionad\w*"
    r"|pésimo|inadmissible|déçue?|scandaleux|inaccettabile|delus[oa]|pessimo|inaceitável|onacceptabel|teleurgesteld"
)
_POSITIVE: Final = (
    r"love|great|excellent|amazing|fantastic|wonderful|perfect|awesome|brilliant|delighted|thank you so much|well done"
    r"|toll|super|begeistert|großartig|encanta|excelente|genial|adore|formidable|parfait|ottimo|fantastico|perfetto"
    r"|adoro|ótimo|geweldig|fantastisch"
)
_CRITICAL: Final = (
    r"outage|(?:production|everything|site|system) is down|all users|data breach|breach|hacked|fraud\w*|ransomware"
    r"|emergency|legal deadline|ausfall|notfall|gehackt|betrug|emergencia|hackeado|urgence absolue|piraté"
    r"|emergenza|emergência|noodgeval"
)
_HIGH: Final = (
    r"urgent\w*|asap|immediately|right away|today|tonight|tomorrow|deadline|blocked|cannot work|can.t work|dringend"
    r"|sofort|heute|morgen|urgente|hoy|mañana|inmediatamente|aujourd.hui|demain|immédiatement|oggi|domani|subito"
    r"|hoje|amanhã|vandaag|onmiddellijk"
)
_LOW: Final = (
    r"no (?:rush|hurry)|not urgent|whenever|just wanted|feedback|suggestion|nicht eilig|keine eile|sin prisa"
    r"|pas urgent|pas pressé|senza fretta|sem pressa|geen haast"
)


def _compile(words: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{words})\b", re.IGNORECASE)


_CATEGORY_PATTERNS: Final = {category: _compile(words) for category, words in _CATEGORIES.items()}
_SENTIMENT_PATTERNS: Final = {Sentiment.NEGATIVE: _compile(_NEGATIVE), Sentiment.POSITIVE: _compile(_POSITIVE)}
_URGENCY_PATTERNS: Final = {
    Urgency.CRITICAL: _compile(_CRITICAL),
    Urgency.LOW: _compile(_LOW),
    Urgency.HIGH: _compile(_HIGH),
}
_PATTERNS: Final[Mapping[Task, Mapping[str, re.Pattern[str]]]] = {
    Task.CATEGORY: _CATEGORY_PATTERNS,
    Task.SENTIMENT: {label.value: pattern for label, pattern in _SENTIMENT_PATTERNS.items()},
    Task.URGENCY: {label.value: pattern for label, pattern in _URGENCY_PATTERNS.items()},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class KeywordHit:
    """`text[start:end]` is a word that speaks for a label."""

    label: str
    start: int
    end: int


def predict_by_keywords(text: str, *, language: str) -> Prediction:
    """The prediction for a clean text by words alone, marked as degraded."""
    text = text[:_READ_AT_MOST]
    hits = {category: _count(pattern, text) for category, pattern in _CATEGORY_PATTERNS.items()}
    categories = _shares(hits)
    category = max(categories, key=categories.__getitem__)
    sentiments = _sentiments(text)
    sentiment = max(sentiments, key=sentiments.__getitem__)
    urgencies = _urgencies(text)
    urgency = max(urgencies, key=urgencies.__getitem__)
    return Prediction(
        category=category,
        confidence=categories[category],
        probabilities=categories,
        sentiment=Sentiment(sentiment),
        sentiment_confidence=sentiments[sentiment],
        sentiment_probabilities=sentiments,
        urgency=Urgency(urgency),
        urgency_confidence=urgencies[urgency],
        urgency_probabilities=urgencies,
        language=language,
        model_version=KEYWORDS_VERSION,
        abstained=not any(hits.values()),
        degraded=True,
    )


def find_keywords(text: str, *, task: Task) -> list[KeywordHit]:
    """The words of a clean text that the rules know for a task, as they stand in it."""
    hits = (
        KeywordHit(label=label, start=match.start(), end=match.end())
        for label, pattern in _PATTERNS[task].items()
        for match in pattern.finditer(text[:_READ_AT_MOST])
    )
    return sorted(hits, key=lambda hit: hit.start)


def _count(pattern: re.Pattern[str], text: str) -> int:
    return len({match.group().lower() for match in pattern.finditer(text)})


def _shares(hits: Mapping[str, int]) -> dict[str, float]:
    """Probabilities that start out even and move towards the categories with hits."""
    total = sum(hits.values())
    weight = _MOST_CONFIDENCE * (1 - 0.5**total)
    even = (1 - weight) / len(hits)
    return {label: even + (weight * count / total if total else 0.0) for label, count in hits.items()}


def _sentiments(text: str) -> dict[str, float]:
    negative, positive = (_count(pattern, text) for pattern in _SENTIMENT_PATTERNS.values())
    chosen = Sentiment.NEUTRAL
    if negative != positive:
        chosen = Sentiment.NEGATIVE if negative > positive else Sentiment.POSITIVE
    return _sure_of(chosen, list(Sentiment), hit=negative != positive)


def _urgencies(text: str) -> dict[str, float]:
    for urgency, pattern in _URGENCY_PATTERNS.items():
        if pattern.search(text):
            return _sure_of(urgency, list(Urgency), hit=True)
    return _sure_of(Urgency.MEDIUM, list(Urgency), hit=False)


def _sure_of(chosen: str, labels: list[Sentiment] | list[Urgency], *, hit: bool) -> dict[str, float]:
    confidence = 0.55 if hit else 0.45
    rest = (1 - confidence) / (len(labels) - 1)
    return {label.value: confidence if label == chosen else rest for label in labels}
