"""An explanation on a terminal: the text once a task, with the words that moved the answer in colour."""

from typing import TYPE_CHECKING, Final

from inquiry_pipeline.core.explanation import Explanation, Method, Span, TaskExplanation

if TYPE_CHECKING:
    from rich.text import Text

_LISTED: Final = 5
_STRONG: Final = 0.5
"""A word is in bold from half of the heaviest weight on, and left plain below a fifth of it."""
_FAINT: Final = 0.2


def show_explanation(explanation: Explanation) -> None:
    """Print it: green speaks for the answer, red against it; without colours, the lists of words say the same."""
    from rich.console import Console

    console = Console(markup=False, highlight=False)
    tasks = {
        "category": explanation.category,
        "sentiment": explanation.sentiment,
        "urgency": explanation.urgency,
    }
    for name, task in tasks.items():
        console.print(f"\nWhy {name} {task.label or '?'}{f' and not {task.runner_up}' if task.runner_up else ''}:")
        if task.note:
            console.print(f"  {task.note}", soft_wrap=True)
        if task.words:
            console.print(_highlighted(explanation.text, task))
            for line in _lists(explanation, task):
                console.print(f"  {line}", soft_wrap=True)
    for rule in explanation.urgency_rules:
        console.print(f"  rule: {rule}", soft_wrap=True)


def _highlighted(text: str, task: TaskExplanation) -> "Text":
    from rich.text import Text

    shown = Text(text)
    heaviest = max(abs(span.weight) for span in task.words)
    for span in task.words:
        share = abs(span.weight) / heaviest
        if share >= _FAINT:
            colour = "green" if span.weight > 0 else "red"
            shown.stylize(f"bold {colour} reverse" if share >= _STRONG else colour, span.start, span.end)
    return shown


def _lists(explanation: Explanation, task: TaskExplanation) -> list[str]:
    speak_for = [span for span in task.words if span.weight > 0][:_LISTED]
    against = [span for span in reversed(task.words) if span.weight < 0][:_LISTED]
    lines = []
    if speak_for:
        lines.append("for: " + ", ".join(_told(explanation, span) for span in speak_for))
    if against:
        lines.append("against: " + ", ".join(f"{_told(explanation, span)} → {span.towards}" for span in against))
    return lines


def _told(explanation: Explanation, span: Span) -> str:
    words = " ".join(explanation.text[span.start : span.end].split())
    return f'"{words}"' if explanation.method is Method.KEYWORDS else f'"{words}" {span.weight:+.1f}'
