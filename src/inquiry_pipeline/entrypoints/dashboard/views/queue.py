"""My queue: what lies on one consultant's desk, what waits beside it, and everything that can be done with it."""

from collections.abc import Callable, Mapping
from typing import Final
from uuid import UUID

import streamlit as st

from inquiry_pipeline.client import Consultant, ConsultantQueue, Inquiry, Status
from inquiry_pipeline.entrypoints.dashboard import (
    badges,
    blocks,
    cells,
    connection,
    desk,
    dialogs,
    formatting,
    frame,
    identity,
    listing,
    record,
)
from inquiry_pipeline.entrypoints.dashboard.badges import escaped
from inquiry_pipeline.entrypoints.dashboard.connection import api

_SECONDS: Final = 4
_SHOWN: Final = 50
_DESK: Final = "desk"
_WAITING: Final = "desk-waiting"
_NEXT: Final = "desk-next"
_HEADING: Final = cells.heading(("Inquiry", "Category", "Mood and urgency", "Priority", ""))


def page() -> None:
    """The page. Its address names who looks: `?me=jonas-weber`."""
    frame.head("My queue", "Your desk, the most important first. What was read wrong, correct it: it counts.")
    with st.container(horizontal=True, vertical_alignment="bottom", key="desk-head"):
        me = identity.choose(key="queue-identity", in_address=True)
        if me is not None:
            _presence(me)
    if me is None:
        blocks.empty(
            "Whose desk is it?",
            "Choose your name above. The address keeps it, so that you can save this page as a bookmark.",
            icon="person_search",
        )
        return
    dialogs.show(me.id, place=_DESK)
    connection.watched(seconds=None if dialogs.open_now() else _SECONDS)(_desk)(me.id)


def _presence(me: Consultant) -> None:
    """Being there or away, and what that means."""
    key = f"available-{me.id}-{me.available}"
    st.session_state.setdefault(key, me.available)
    st.toggle(
        "I am here",
        key=key,
        help="While you are away nothing new comes to you; what you have stays on your desk until somebody takes it or"
        " you hand it over.",
        on_change=_change_presence,
        args=(me, key),
    )


def _change_presence(me: Consultant, key: str) -> None:
    desk.set_available(me.id, available=not me.available)
    st.session_state[key] = me.available  # where it was done, another toggle takes its place; else it is as it was


def _desk(me: str) -> None:
    """Desk and queue; renews itself."""
    queue = api().queue(me, limit=_SHOWN)
    # A click on what is no longer there is answered, too: somebody was quicker.
    _act(me, (*queue.items, *queue.waiting), listing.picked(_DESK) or listing.picked(_WAITING))
    _take_picked(me, queue)
    _figures(queue)
    if not queue.consultant.available:
        blocks.banner(
            "You are away.",
            "Nothing new comes to you. What lies here stays until you are back; hand over what cannot wait.",
            icon="bedtime",
        )
    blocks.heading("On your desk", f"{queue.consultant.open_inquiries} open")
    if queue.items:
        listing.rows(_rows(queue.items, _mine), key=_DESK, css="ip-desk", heading=_HEADING)
        if queue.next_cursor:
            st.caption(f"The {len(queue.items)} most important. What follows moves up as you finish them.")
    else:
        blocks.empty("Your desk is clear.", "Take the next one below, or enjoy the moment.", icon="coffee")
    _waiting(queue)


def _figures(queue: ConsultantQueue) -> None:
    who, begun = queue.consultant, sum(one.status is Status.IN_PROGRESS for one in queue.items)
    oldest = min((one.received_at for one in queue.items), default=None)
    blocks.figures(
        [
            blocks.Figure(
                label="On your desk",
                value=formatting.number(who.open_inquiries),
                note=f"of {who.capacity} that you can hold",
            ),
            blocks.Figure(label="In progress", value=formatting.number(begun), note=_of_shown(queue, "begun by you")),
            blocks.Figure(
                label="Oldest",
                value=formatting.age(oldest) if oldest else formatting.NONE,
                note=_of_shown(queue, "since it was received"),
            ),
            blocks.Figure(
                label="Waiting beside it",
                value=formatting.number(sum(queue.waiting_total.values())),
                note=", ".join(formatting.words(one) for one in who.departments),
            ),
        ]
    )


def _of_shown(queue: ConsultantQueue, note: str) -> str:
    """The note of a figure that counts what is shown, which on a crowded desk is not all."""
    return f"among the first {len(queue.items)}" if queue.next_cursor else note


def _waiting(queue: ConsultantQueue) -> None:
    total = sum(queue.waiting_total.values())
    with st.container(horizontal=True, vertical_alignment="center"):
        blocks.heading("Waiting in your departments", _by_department(queue.waiting_total))
        if queue.waiting:
            _take_next(queue.waiting[0], here=queue.consultant.available)
    if queue.waiting:
        actions = _free if queue.consultant.available else _free_while_away
        listing.rows(_rows(queue.waiting, actions), key=_WAITING, css="ip-desk", heading=_HEADING)
        if total > len(queue.waiting):
            st.caption(f"The first {len(queue.waiting)} of {formatting.number(total)}.")
    else:
        blocks.empty("Nothing waits.", "Everything in your departments has somebody.", icon="done_all")


def _take_next(following: Inquiry, *, here: bool) -> None:
    """The button takes what was the next one when it was drawn: of two quick clicks the second takes nothing more."""
    st.button(
        "Take the next one",
        icon=":material/front_hand:",
        type="primary",
        key=f"next-{following.id}",
        disabled=not here,
        help=None if here else "You are away: say that you are here to take something",
        on_click=_pick,
        args=(following,),
    )


def _pick(following: Inquiry) -> None:
    st.session_state[_NEXT] = following


def _take_picked(me: str, queue: ConsultantQueue) -> None:
    picked: Inquiry | None = st.session_state.pop(_NEXT, None)
    if picked is None or picked.id in {one.id for one in queue.items}:
        return
    desk.take(picked, me)
    st.rerun()


def _by_department(totals: Mapping[str, int]) -> str:
    return " · ".join(f"{formatting.words(name)} {count}" for name, count in totals.items() if count)


def _rows(found: tuple[Inquiry, ...], actions: Callable[[Inquiry], str]) -> list[listing.Row]:
    return [listing.Row(id=str(one.id), html=_row(one, actions(one))) for one in found]


def _row(one: Inquiry, actions: str) -> str:
    reason = record.why(one)
    stands = badges.waiting() if one.routing and one.routing.waiting else badges.status(one.status)
    below = f'<span class="ip-excerpt ip-cut">{badges.icon("alt_route")} {escaped(reason)}</span>' if reason else ""
    return "".join(
        (
            f'<span class="ip-stack">{cells.link(one)}{below}'
            f'<span class="ip-excerpt">{stands} · {badges.age(one.received_at, prefix="Received ")}'
            "</span></span>",
            cells.category(one),
            f'<span class="ip-stack">{cells.sentiment(one)}{cells.urgency(one)}</span>',
            cells.priority(one),
            f'<span class="ip-actions">{actions}</span>',
        )
    )


def _mine(one: Inquiry) -> str:
    begun = one.status is Status.IN_PROGRESS
    return (
        ("" if begun else _button("start", "play_arrow", "Start", css="ip-first"))
        + _button("resolve", "check", "Resolve", css="ip-strong" if begun else "")
        + _button("correct", "edit", "Correct")
        + _button("hand_over", "move_item", "Hand over")
    )


def _free(_one: Inquiry) -> str:
    return _button("take", "front_hand", "Take", css="ip-first") + _button("correct", "edit", "Correct")


def _free_while_away(_one: Inquiry) -> str:
    return _button("correct", "edit", "Correct")


def _button(action: str, symbol: str, label: str, *, css: str = "") -> str:
    inside = f"{badges.icon(symbol)}{label}"
    return f'<button type="button" class="ip-button {css}" data-action="{action}">{inside}</button>'


def _act(me: str, found: tuple[Inquiry, ...], chosen: listing.Chosen | None) -> None:
    """Do what was clicked, to the inquiry as the viewer saw it."""
    if chosen is None:
        return
    if chosen.action == listing.OPEN:
        frame.open_story(chosen.id)
    if chosen.action in {"correct", "hand_over"}:
        dialogs.ask(chosen.action, chosen.id, place=_DESK)
    doing = {"take": desk.take, "start": desk.start, "resolve": desk.resolve}.get(chosen.action)
    if doing:
        one = next((one for one in found if one.id == UUID(chosen.id)), None)
        if one:
            doing(one, me)
        else:
            desk.say_it_is_gone(UUID(chosen.id), me)
        st.rerun()
