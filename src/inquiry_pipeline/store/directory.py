"""Departments and consultants: their definitions come from the routing rules, their state lives here."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, exists, func, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from inquiry_pipeline.core.errors import IllegalAssignment, NotFound
from inquiry_pipeline.core.routing import Consultant, RosterEntry
from inquiry_pipeline.store import rows, tables

_c = tables.consultants.c
_m = tables.department_members.c


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsultantState:
    """A consultant as people see them: definition, availability, and how much is on their desk."""

    consultant: Consultant
    available: bool
    open_inquiries: int


def synchronise(
    connection: Connection,
    *,
    version: str,
    document: Mapping[str, Any],
    departments: Mapping[str, str],
    consultants: Sequence[Consultant],
) -> None:
    """Make the tables follow a rule set (`departments`: id → name). Availability and turns are kept.

    Who is no longer in the rules becomes inactive, never deleted: past decisions refer to them.
    """
    # Whole tables, at once and first: row by row, this would deadlock with assignments and with its own like.
    connection.execute(text("LOCK TABLE departments, consultants, department_members IN EXCLUSIVE MODE"))
    rule_set = {"version": version, "document": dict(document)}
    connection.execute(upsert(tables.rule_sets).on_conflict_do_nothing(), rule_set)
    _replace(
        connection, "departments", [{"id": key, "name": name, "active": True} for key, name in departments.items()]
    )
    people = [{"id": c.id, "name": c.name, "email": c.email, "profile": asdict(c), "active": True} for c in consultants]
    _replace(connection, "consultants", people)
    members = [
        {"department_id": department, "consultant_id": c.id, "active": True}
        for c in consultants
        for department in c.departments
    ]
    _replace(connection, "department_members", members)


def _replace(connection: Connection, table_name: str, wanted: list[dict[str, Any]]) -> None:
    """Upsert the wanted rows and mark all others inactive."""
    table = tables.metadata.tables[table_name]
    connection.execute(update(table).where(table.c.active).values(active=False))
    if not wanted:
        return
    statement = upsert(table)
    changed = {name: statement.excluded[name] for name in wanted[0] if not table.c[name].primary_key}
    connection.execute(statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=changed), wanted)


def review_orphans(connection: Connection) -> None:
    """Let what lies with somebody who left, or left the department, be decided again, unless they have begun it.

    In a transaction of its own: a review holds inquiries while it waits for consultants.
    """
    i, d = tables.inquiries.c, tables.departments.c
    member = exists().where(_m.department_id == i.department, _m.consultant_id == i.consultant_id, _m.active)
    gone = (i.consultant_id.is_not(None) & ~member) | i.department.in_(select(d.id).where(~d.active))
    orphans = update(tables.inquiries).where(text(tables.REVIEWED), gone)
    connection.execute(orphans.values(review_at=func.now()))


def lock_rosters(connection: Connection, departments: Iterable[str]) -> dict[str, tuple[RosterEntry, ...]]:
    """Who could be assigned in each department, with their state, locked until the transaction ends.

    Locking the consultants in the order of their ids, and only then reading and counting, makes the choice atomic:
    whoever comes next sees the loads and turns that this transaction leaves. A statement that waits for a lock
    would still see what it saw before the wait, hence two.
    """
    wanted = sorted(set(departments))
    members_of = select(_m.consultant_id).where(_m.department_id.in_(wanted), _m.active)
    connection.execute(select(_c.id).where(_c.id.in_(members_of)).order_by(_c.id).with_for_update())
    query = (
        select(_m.department_id, _m.last_turn, _c.profile, _c.available)
        .join_from(tables.department_members, tables.consultants, _m.consultant_id == _c.id)
        .where(_m.department_id.in_(wanted), _m.active, _c.active)
        .order_by(_c.id, _m.department_id)
    )
    members = connection.execute(query).all()
    people = {row.profile["id"]: consultant_of(row.profile) for row in members}
    loads = _open_inquiries(connection, people)
    rosters: dict[str, list[RosterEntry]] = {department: [] for department in wanted}
    for row in members:
        consultant = people[row.profile["id"]]
        entry = RosterEntry(
            consultant=consultant,
            available=row.available,
            open_inquiries=loads.get(consultant.id, 0),
            last_turn=row.last_turn,
        )
        rosters[row.department_id].append(entry)
    return {department: tuple(entries) for department, entries in rosters.items()}


def record_turns(connection: Connection, department: str, turns: Mapping[str, int]) -> None:
    """Remember the last turn of each of these consultants in a department."""
    for consultant, turn in turns.items():
        member = (_m.department_id == department) & (_m.consultant_id == consultant)
        connection.execute(update(tables.department_members).where(member).values(last_turn=turn))


def _open_inquiries(connection: Connection, ids: Iterable[str]) -> dict[str, int]:
    i = tables.inquiries.c
    query = (
        select(i.consultant_id, func.count())
        .where(i.consultant_id.in_(list(ids)), text(tables.OPEN))
        .group_by(i.consultant_id)
    )
    return dict(connection.execute(query).all())


def consultant_of(profile: Mapping[str, Any]) -> Consultant:
    """The consultant in a stored profile (JSON knows no tuples)."""
    values: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in profile.items()}
    return Consultant(**rows.known(Consultant, values))


def list_consultants(connection: Connection, *, ids: Sequence[str] | None = None) -> list[ConsultantState]:
    """Every active consultant, or those with these ids, by id."""
    query = select(_c.profile, _c.available).where(_c.active).order_by(_c.id)
    if ids is not None:
        query = query.where(_c.id.in_(ids))
    found = connection.execute(query).all()
    loads = _open_inquiries(connection, [row.profile["id"] for row in found])
    return [
        ConsultantState(
            consultant=consultant_of(row.profile),
            available=row.available,
            open_inquiries=loads.get(row.profile["id"], 0),
        )
        for row in found
    ]


def has_room(connection: Connection, consultant_id: str | None, department: str) -> bool:
    """Whether a consultant is there, works in the department, and can take one more. Locks them until the end."""
    query = (
        select(_c.profile)
        .join_from(tables.consultants, tables.department_members, _m.consultant_id == _c.id)
        .where(_c.id == consultant_id, _c.active, _c.available, _m.department_id == department, _m.active)
        .with_for_update(of=tables.consultants)
    )
    profile = connection.execute(query).scalar_one_or_none()
    if profile is None:
        return False
    consultant = consultant_of(profile)
    return _open_inquiries(connection, [consultant.id]).get(consultant.id, 0) < consultant.capacity


def lock_desk(connection: Connection, consultant_id: str) -> RosterEntry:
    """A consultant and how much is on their desk, locked until the transaction ends. Raises `IllegalAssignment`."""
    query = select(_c.profile, _c.available).where(_c.id == consultant_id, _c.active).with_for_update()
    row = connection.execute(query).one_or_none()
    if row is None:
        raise IllegalAssignment(f"There is no consultant {consultant_id!r} any more")
    consultant = consultant_of(row.profile)
    load = _open_inquiries(connection, [consultant.id]).get(consultant.id, 0)
    return RosterEntry(consultant=consultant, available=row.available, open_inquiries=load)


def departments_of(connection: Connection, consultant_id: str) -> frozenset[str]:
    """The departments that a consultant works in."""
    query = select(_m.department_id).where(_m.consultant_id == consultant_id, _m.active)
    return frozenset(connection.execute(query).scalars())


def set_available(connection: Connection, consultant_id: str, *, available: bool) -> ConsultantState:
    """Say that a consultant is there or away. Raises `NotFound`."""
    change = update(tables.consultants).where(_c.id == consultant_id, _c.active)
    changed = connection.execute(change.values(available=available, updated_at=func.now()))
    if changed.rowcount == 0:
        raise NotFound(f"There is no consultant {consultant_id!r}")
    return list_consultants(connection, ids=[consultant_id])[0]
