"""What the quarter says: three sentences, key figures with their changes, and what changed, all from the marts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from fleetstats.charts.numbers import change_bound
from fleetstats.core.words import Message, Said, Written, message, message_in, name_in_data
from fleetstats.outputs.report.evidence import Row
from fleetstats.outputs.report.tables import Table
from fleetstats.outputs.report.words import (
    Link,
    amount,
    distance,
    items,
    percent,
    quarter_code,
    quarter_start,
    shifted,
)

NOT_HELD = message("not held")
WITH_DRIVER, DRIVERLESS = "cadmv_testing_with_driver", "cadmv_testing_driverless"
Tables = dict[str, Table]


@dataclass(frozen=True)
class Change:
    """A change in percent, or why there is none."""

    label: Said
    words: Said
    href: str | None = None


@dataclass(frozen=True)
class Key:
    """A key figure: its number with bound, and how it changed."""

    title: Said
    value: Said
    unit: Said
    href: str | None
    changes: tuple[Change, ...]
    note: Said


def _name(row: Row) -> Said:
    return name_in_data(row, "operator", str(row["operator"]))


def _change(now: float, before: Row | None, column: str) -> float | None:
    if before is None or not before[column]:
        return None
    return 100 * (now / float(before[column]) - 1)


def _month(quarter: str, by: int = 0) -> date:
    start = quarter_start(shifted(quarter, by))
    return date(start.year, start.month + 2, 1)


def sentences(tables: Tables, quarter: str) -> list[Said]:
    """California's tests, robotaxi orders, and electric cars, in a sentence each."""
    return [_tests(tables, quarter), _orders(tables, quarter), _cars(tables, quarter)]


def _tests(tables: Tables, quarter: str) -> Said:
    table = tables["mileage-quarterly"]
    rows = [r for r in table.rows if r["quarter"] == quarter and r["scope"] == WITH_DRIVER]
    if not rows:
        held = [r for r in table.rows if r["scope"] == WITH_DRIVER]
        if not held:
            return message("No test kilometres of California are held.")
        return message(
            "California's test kilometres of this quarter are {not_held}; the last quarter with figures is {quarter}.",
            not_held=Link(NOT_HELD, "#missing"),
            quarter=quarter_code(max(str(r["quarter"]) for r in held)),
        )
    top = max(rows, key=lambda r: r["distance_km"])
    said = message(
        "In the {quarter} {operator} drove {distance} with a driver in California",
        quarter=Written(lambda words: words.habits.quarter_in_text(quarter)),
        operator=_name(top),
        distance=_km(top, table),
    )
    before = table.row(operator=top["operator"], scope=WITH_DRIVER, quarter=shifted(quarter, -4))
    change = _change(float(top["distance_km"]), before, "distance_km")
    if change is not None and before is not None and before["bound"] == top["bound"] == "exact":
        said = _on_the_year(said, Link(percent(change), table.address(before)))
    without = [
        r for r in table.rows if r["quarter"] == quarter and r["scope"] == DRIVERLESS and r["distance_km"]
    ]
    if without:
        best = max(without, key=lambda r: r["distance_km"])
        said = message(
            "{tests}; without one, {operator} led with {distance}",
            tests=said,
            operator=_name(best),
            distance=_km(best, table),
        )
    return message("{sentence}.", sentence=said)


def _km(row: Row, table: Table) -> Link:
    return Link(distance(float(row["distance_km"]), row["bound"]), table.address(row))


def _on_the_year(said: Message, change: Link) -> Message:
    return message("{figure}, {change} on the year", figure=said, change=change)


def _orders(tables: Tables, quarter: str) -> Said:
    table, trips = tables["orders"], tables["robotaxi-trips"]
    row = table.row(operator="baidu", scope="public_rides", quarter=quarter)
    if row is None:
        said = message("No orders of Apollo Go are held for this quarter")
    else:
        said = message(
            "Apollo Go served {rides} rides",
            rides=Link(amount(float(row["orders"]), row["bound"]), table.address(row)),
        )
        if row["confidence"] == "unsourced":
            said = message("{rides} (a figure without a page behind it)", rides=said)
        before = table.row(operator="baidu", scope="public_rides", quarter=shifted(quarter, -4))
        change = _change(float(row["orders"]), before, "orders")
        firm = change_bound(row["bound"], before["bound"]) if before else None
        if change is not None and before is not None and firm:
            said = _on_the_year(said, Link(percent(change, firm), table.address(before)))
    mine = [r for r in trips.rows if r["operator"] == "waymo" and r["month"] == _month(quarter)]
    if mine:
        month = mine[0]["month"]
        # may use: year
        said = message(
            "{orders}; Waymo carried {trips} trips in California in {month}",
            orders=said,
            trips=Link(amount(float(mine[0]["orders"]), mine[0]["bound"]), trips.address(mine[0])),
            month=Written(lambda words: words.habits.month_alone(month)),
            year=month.year,
        )
    return message("{sentence}.", sentence=said)


def _cars(tables: Tables, quarter: str) -> Said:
    table = tables["bev-quarterly"]
    pair = [r for name in ("tesla", "byd") if (r := table.row(operator=name, quarter=quarter))]
    if len(pair) < 2:
        return message("Electric cars of Tesla and BYD are not both held for this quarter.")
    first, second = sorted(pair, key=lambda r: -r["value"])
    ahead = float(first["value"]) - float(second["value"])
    return message(
        "{first} was ahead of {second} in electric cars, {cars_first} to {cars_second} ({more} more).",
        first=_name(first),
        second=_name(second),
        cars_first=Link(amount(float(first["value"])), table.address(first)),
        cars_second=Link(amount(float(second["value"])), table.address(second)),
        more=Written(lambda words: words.habits.difference(ahead)),
    )


def keys(tables: Tables, quarter: str) -> list[Key]:
    """Key figures; one that is not held says so."""
    km, rides, cars = (message_in("unit", "km"), message_in("unit", "rides"), message_in("unit", "cars"))
    mileage, cars_sold = tables["mileage-quarterly"], tables["bev-quarterly"]
    return [
        _key(mileage, quarter, message("Waymo, tests with a driver, California"), km, "distance_km",
             {"operator": "waymo", "scope": WITH_DRIVER}),
        _key(mileage, quarter, message("Cruise, driverless tests, California"), km, "distance_km",
             {"operator": "cruise", "scope": DRIVERLESS}),
        _key(tables["orders"], quarter, message("Apollo Go, orders"), rides, "orders",
             {"operator": "baidu", "scope": "public_rides"}),
        _trips(tables["robotaxi-trips"], quarter),
        _key(cars_sold, quarter, message("Tesla, all deliveries"), cars, "value", {"operator": "tesla"}),
        _key(cars_sold, quarter, message("BYD, battery-electric cars"), cars, "value", {"operator": "byd"}),
    ]  # fmt: skip


def _key(table: Table, quarter: str, title: Said, unit: Said, column: str, of: dict[str, Any]) -> Key:
    row = table.row(**of, quarter=quarter)
    if row is None:
        last = max(
            (str(r["quarter"]) for r in table.rows if all(r[k] == v for k, v in of.items())), default=None
        )
        note: Said = message("last held: {quarter}", quarter=last) if last else ""
        return Key(title, NOT_HELD, "", "#missing", (), note)
    changes = []
    for back, label in ((1, message("on the quarter")), (4, message("on the year"))):
        before = table.row(**of, quarter=shifted(quarter, -back))
        changes.append(_said(row, before, column, label, table))
    return Key(title, _value(row, column), unit, table.address(row), tuple(changes), _note(row))


def _trips(table: Table, quarter: str) -> Key:
    def of(month: date) -> Row | None:
        return next((r for r in table.rows if r["operator"] == "waymo" and r["month"] == month), None)

    last = _month(quarter)
    month = Written(lambda words: words.habits.month_alone(last))
    title = message("Waymo, trips in California in {month}", month=month)
    row = of(last)
    if row is None:
        return Key(title, NOT_HELD, "", "#missing", (), "")
    changes = tuple(
        _said(row, of(_month(quarter, -back)), "orders", label, table)
        for back, label in ((1, message("in three months")), (4, message("on the year")))
    )
    return Key(
        title, _value(row, "orders"), message_in("unit", "trips"), table.address(row), changes, _note(row)
    )


def _said(row: Row, before: Row | None, column: str, label: Said, table: Table) -> Change:
    if before is None:
        return Change(label, NOT_HELD)
    if before.get("scope") != row.get("scope"):
        return Change(label, message("other scope"), table.address(before))
    if "months" in row and (row["months"] < 3 or before["months"] < 3):
        return Change(label, message("part of a quarter"), table.address(before))
    change = _change(float(row[column]), before, column)
    if change is None:
        return Change(label, message("from zero"), table.address(before))
    firm = change_bound(row["bound"], before["bound"])
    words = percent(change, firm) if firm else message("both are bounds")
    return Change(label, words, table.address(before))


def _value(row: Row, column: str) -> Said:
    return amount(float(row[column]), row["bound"])


def _note(row: Row) -> Said:
    if row.get("confidence") == "unsourced":
        return message("no page found that prints it")
    if row["bound"] == "derived":
        return message("derived from other figures")
    return ""


def changed(tables: Tables, quarter: str, filings: list[Row]) -> list[Said]:
    """What is new since the quarter before: movers, firms that came or went, and what was issued."""
    found: list[Said] = []
    table = tables["mileage-quarterly"]
    for scope, programme in (
        (WITH_DRIVER, message_in("programme", "with a driver")),
        (DRIVERLESS, message_in("programme", "driverless")),
    ):
        now, before = (_driven(table, scope, shifted(quarter, by)) for by in (0, -1))
        if now and before:
            found += _moved(table, now, before, programme)
            found += _came_and_went(now, before, programme)
    found += _changed_figures(tables, quarter)
    start, end = quarter_start(quarter), quarter_start(shifted(quarter, 1))
    new = [f for f in filings if start <= f["issued_on"] < end]
    if new:
        issued = ", ".join(f["filing"] for f in new)
        found.append(Link(message("Filings issued in the quarter: {filings}.", filings=issued), "#sources"))
    return found


def _driven(table: Table, scope: str, quarter: str) -> dict[str, Row]:
    """Rows with kilometres of a scope and quarter, by operator."""
    return {
        r["operator"]: r
        for r in table.rows
        if (r["quarter"], r["scope"]) == (quarter, scope) and r["distance_km"]
    }


def _moved(table: Table, now: dict[str, Row], before: dict[str, Row], programme: Said) -> list[Said]:
    """The two that gained most, and the two that lost most."""
    moved = sorted(
        (
            (float(now[o]["distance_km"]) - float(before[o]["distance_km"]), o)
            for o in now.keys() & before.keys()
        ),
        reverse=True,
    )
    found: list[Said] = []
    for difference, operator in [m for m in moved[:2] if m[0] > 0] + [m for m in moved[-2:] if m[0] < 0]:
        facts = {
            "programme": programme,
            "operator": _name(now[operator]),
            "difference": Link(distance(abs(difference)), table.address(before[operator])),
            "distance": _km(now[operator], table),
        }
        found.append(
            message("California, {programme}: {operator} up by {difference} to {distance}.", **facts)
            if difference > 0
            else message("California, {programme}: {operator} down by {difference} to {distance}.", **facts)
        )
    return found


def _came_and_went(now: dict[str, Row], before: dict[str, Row], programme: Said) -> list[Said]:
    """Operators that have kilometres in one of the two quarters only."""
    found: list[Said] = []
    came, went = sorted(now.keys() - before.keys()), sorted(before.keys() - now.keys())
    if came:
        found.append(
            message(
                "California, {programme}: {operators} drove again or for the first time.",
                programme=programme,
                operators=items([_name(now[o]) for o in came]),
            )
        )
    if went:
        found.append(
            message(
                "California, {programme}: {operators} reported no distance any more.",
                programme=programme,
                operators=items([_name(before[o]) for o in went]),
            )
        )
    return found


def _changed_figures(tables: Tables, quarter: str) -> list[Said]:
    found: list[Said] = []
    for name, column, of in (
        ("orders", "orders", {"operator": "baidu"}),
        ("bev-quarterly", "value", {"operator": "tesla"}),
        ("bev-quarterly", "value", {"operator": "byd"}),
    ):
        table = tables[name]
        now, before = (table.row(**of, quarter=q) for q in (quarter, shifted(quarter, -1)))
        if not (now and before and before[column]):
            continue
        facts = {
            "now": Link(amount(float(now[column]), now["bound"]), table.address(now)),
            "before": Link(amount(float(before[column]), before["bound"]), table.address(before)),
        }
        said = (
            message("Apollo Go: {now} rides, after {before}", **facts)
            if name == "orders"
            else message("{company}: {now} cars, after {before}", company=_name(now), **facts)
        )
        firm = change_bound(now["bound"], before["bound"])
        if firm:
            change = percent(100 * (float(now[column]) / float(before[column]) - 1), firm)
            said = message("{figures} ({change})", figures=said, change=change)
        found.append(message("{sentence}.", sentence=said))
    return found
