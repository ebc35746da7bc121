"""What the quarter says: three sentences, key figures with their changes, and what changed, all from the marts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from fleetstats.charts.numbers import change_bound, quantity
from fleetstats.outputs.report.evidence import Row
from fleetstats.outputs.report.tables import Table
from fleetstats.outputs.report.words import (
    Part,
    Sentence,
    Text,
    amount,
    percent,
    quarter_name,
    quarter_start,
    same,
    shifted,
)

WITH_DRIVER, DRIVERLESS = "cadmv_testing_with_driver", "cadmv_testing_driverless"
UP, DOWN = Text(" up by ", "增加"), Text(" down by ", "减少")
Tables = dict[str, Table]


@dataclass(frozen=True)
class Change:
    """A change in percent, or why there is none."""

    label: Text
    words: Text
    href: str | None = None


@dataclass(frozen=True)
class Key:
    """A key figure: its number with bound, and how it changed."""

    title: Text
    value: Text
    unit: Text
    href: str | None
    changes: tuple[Change, ...]
    note: Text


def _name(row: Row) -> Text:
    english = row.get("operator_en") or str(row["operator"])
    return Text(english, row.get("operator_zh") or english)


def _change(now: float, before: Row | None, column: str) -> float | None:
    if before is None or not before[column]:
        return None
    return 100 * (now / float(before[column]) - 1)


def _month(quarter: str, by: int = 0) -> date:
    start = quarter_start(shifted(quarter, by))
    return date(start.year, start.month + 2, 1)


def sentences(tables: Tables, quarter: str) -> list[Sentence]:
    """California's tests, robotaxi orders, and electric cars, in a sentence each."""
    return [_tests(tables, quarter), _orders(tables, quarter), _cars(tables, quarter)]


def _tests(tables: Tables, quarter: str) -> Sentence:
    table = tables["mileage-quarterly"]
    rows = [r for r in table.rows if r["quarter"] == quarter and r["scope"] == WITH_DRIVER]
    name = quarter_name(quarter)
    when = Text(f"In the {name.en[0].lower()}{name.en[1:]} ", name.zh)
    if not rows:
        held = [r for r in table.rows if r["scope"] == WITH_DRIVER]
        if not held:
            return [Part(Text("No test kilometres of California are held.", "未持有加州的测试里程。"))]
        last = max(str(r["quarter"]) for r in held)
        return [
            Part(Text("California's test kilometres of this quarter are ", "本季度的加州测试里程")),
            Part(Text("not held", "未持有"), "#missing"),
            Part(
                Text(
                    f"; the last quarter with figures is {last}.",
                    f"；最近有数据的季度为{quarter_name(last).zh}。",
                )
            ),
        ]
    top = max(rows, key=lambda r: r["distance_km"])
    km = Text(" km", "公里")
    sentence = [
        Part(when + _name(top) + Text(" drove ", "在加州有人测试")),
        Part(amount(float(top["distance_km"]), top["bound"], km), table.address(top)),
        Part(Text(" with a driver in California", "")),
    ]
    before = table.row(operator=top["operator"], scope=WITH_DRIVER, quarter=shifted(quarter, -4))
    change = _change(float(top["distance_km"]), before, "distance_km")
    if change is not None and before is not None and before["bound"] == top["bound"] == "exact":
        sentence += [
            Part(Text(", ", "，同比")),
            Part(percent(change), table.address(before)),
            Part(Text(" on the year", "")),
        ]
    without = [
        r for r in table.rows if r["quarter"] == quarter and r["scope"] == DRIVERLESS and r["distance_km"]
    ]
    if without:
        best = max(without, key=lambda r: r["distance_km"])
        sentence += [
            Part(Text("; without one, ", "；无人测试里程最多的是") + _name(best) + Text(" led with ", "，")),
            Part(amount(float(best["distance_km"]), best["bound"], km), table.address(best)),
        ]
    return [*sentence, Part(Text(".", "。"))]


def _orders(tables: Tables, quarter: str) -> Sentence:
    table, trips = tables["orders"], tables["robotaxi-trips"]
    row = table.row(operator="baidu", scope="public_rides", quarter=quarter)
    sentence: Sentence = []
    if row is None:
        sentence.append(
            Part(Text("No orders of Apollo Go are held for this quarter", "本季度未持有萝卜快跑的订单数"))
        )
    else:
        sentence += [
            Part(Text("Apollo Go served ", "萝卜快跑完成订单")),
            Part(amount(float(row["orders"]), row["bound"]), table.address(row)),
            Part(Text(" rides", "单")),
        ]
        if row["confidence"] == "unsourced":
            sentence.append(Part(Text(" (a figure without a page behind it)", "（该数未找到出处）")))
        before = table.row(operator="baidu", scope="public_rides", quarter=shifted(quarter, -4))
        change = _change(float(row["orders"]), before, "orders")
        firm = change_bound(row["bound"], before["bound"]) if before else None
        if change is not None and before is not None and firm:
            sentence += [
                Part(Text(", ", "，同比")),
                Part(percent(change, firm), table.address(before)),
                Part(Text(" on the year", "")),
            ]
    mine = [r for r in trips.rows if r["operator"] == "waymo" and r["month"] == _month(quarter)]
    if mine:
        month = mine[0]["month"]
        sentence += [
            Part(Text("; Waymo carried ", "；Waymo在加州")),
            Part(Text("", f"{month.year}年{month.month}月完成")),
            Part(amount(float(mine[0]["orders"]), mine[0]["bound"]), trips.address(mine[0])),
            Part(Text(f" trips in California in {month:%B}", "单")),
        ]
    return [*sentence, Part(Text(".", "。"))]


def _cars(tables: Tables, quarter: str) -> Sentence:
    table = tables["bev-quarterly"]
    pair = [r for name in ("tesla", "byd") if (r := table.row(operator=name, quarter=quarter))]
    if len(pair) < 2:
        return [
            Part(
                Text(
                    "Electric cars of Tesla and BYD are not both held for this quarter.",
                    "本季度未同时持有特斯拉与比亚迪的纯电动车数。",
                )
            )
        ]
    first, second = sorted(pair, key=lambda r: -r["value"])
    ahead = float(first["value"]) - float(second["value"])
    return [
        Part(_name(first) + Text(" was ahead of ", "纯电动车多于") + _name(second) + Text(" in electric cars, ", "：")),
        Part(amount(float(first["value"])), table.address(first)),
        Part(Text(" to ", "对")),
        Part(amount(float(second["value"])), table.address(second)),
        Part(Text(f" ({ahead:,.0f} more).", f"（多{quantity(ahead, 'zh')}辆）。")),
    ]  # fmt: skip


def keys(tables: Tables, quarter: str) -> list[Key]:
    """Key figures; one that is not held says so."""
    km, rides, cars = Text("km", "公里"), Text("rides", "单"), Text("cars", "辆")
    mileage = tables["mileage-quarterly"]
    found = []
    for operator, scope, words in (
        ("waymo", WITH_DRIVER, Text("Waymo, tests with a driver, California", "Waymo 加州有人测试")),
        ("cruise", DRIVERLESS, Text("Cruise, driverless tests, California", "Cruise 加州无人测试")),
    ):
        found.append(_key(mileage, quarter, words, km, "distance_km", {"operator": operator, "scope": scope}))
    found.append(
        _key(tables["orders"], quarter, Text("Apollo Go, orders", "萝卜快跑订单"), rides, "orders",
             {"operator": "baidu", "scope": "public_rides"})
    )  # fmt: skip
    found.append(_trips(tables["robotaxi-trips"], quarter))
    for company, words in (
        ("tesla", Text("Tesla, all deliveries", "特斯拉全部交付量")),
        ("byd", Text("BYD, battery-electric cars", "比亚迪纯电动乘用车")),
    ):
        found.append(_key(tables["bev-quarterly"], quarter, words, cars, "value", {"operator": company}))
    return found


def _key(table: Table, quarter: str, title: Text, unit: Text, column: str, of: dict[str, Any]) -> Key:
    row = table.row(**of, quarter=quarter)
    if row is None:
        last = max(
            (str(r["quarter"]) for r in table.rows if all(r[k] == v for k, v in of.items())), default=None
        )
        note = Text(f"last held: {last}", f"最近持有：{last}") if last else same("")
        return Key(title, Text("not held", "未持有"), same(""), "#missing", (), note)
    changes = []
    for back, label in ((1, Text("on the quarter", "环比")), (4, Text("on the year", "同比"))):
        before = table.row(**of, quarter=shifted(quarter, -back))
        changes.append(_said(row, before, column, label, table))
    return Key(title, _value(row, column), unit, table.address(row), tuple(changes), _note(row))


def _trips(table: Table, quarter: str) -> Key:
    def of(month: date) -> Row | None:
        return next((r for r in table.rows if r["operator"] == "waymo" and r["month"] == month), None)

    last = _month(quarter)
    title = Text(f"Waymo, trips in California in {last:%B}", f"Waymo 加州{last.month}月订单")
    row = of(last)
    if row is None:
        return Key(title, Text("not held", "未持有"), same(""), "#missing", (), same(""))
    changes = tuple(
        _said(row, of(_month(quarter, -back)), "orders", label, table)
        for back, label in ((1, Text("in three months", "较三个月前")), (4, Text("on the year", "同比")))
    )
    return Key(title, _value(row, "orders"), Text("trips", "单"), table.address(row), changes, _note(row))


def _said(row: Row, before: Row | None, column: str, label: Text, table: Table) -> Change:
    if before is None:
        return Change(label, Text("not held", "未持有"))
    if before.get("scope") != row.get("scope"):
        return Change(label, Text("other scope", "口径不同"), table.address(before))
    if "months" in row and (row["months"] < 3 or before["months"] < 3):
        return Change(label, Text("part of a quarter", "季度不全"), table.address(before))
    change = _change(float(row[column]), before, column)
    if change is None:
        return Change(label, Text("from zero", "此前为零"), table.address(before))
    firm = change_bound(row["bound"], before["bound"])
    words = percent(change, firm) if firm else Text("both are bounds", "均为界限")
    return Change(label, words, table.address(before))


def _value(row: Row, column: str) -> Text:
    text = amount(float(row[column]), row["bound"])
    return Text(text.en, text.zh)


def _note(row: Row) -> Text:
    if row.get("confidence") == "unsourced":
        return Text("no page found that prints it", "未找到刊登的页面")
    if row["bound"] == "derived":
        return Text("derived from other figures", "由其他数推算")
    return same("")


def changed(tables: Tables, quarter: str, filings: list[Row]) -> list[Sentence]:
    """What is new since the quarter before: movers, firms that came or went, and what was issued."""
    found: list[Sentence] = []
    table = tables["mileage-quarterly"]
    for scope, words in (
        (WITH_DRIVER, Text("with a driver", "有人测试")),
        (DRIVERLESS, Text("driverless", "无人测试")),
    ):
        now = {
            r["operator"]: r
            for r in table.rows
            if (r["quarter"], r["scope"]) == (quarter, scope) and r["distance_km"]
        }
        before = {
            r["operator"]: r
            for r in table.rows
            if (r["quarter"], r["scope"]) == (shifted(quarter, -1), scope) and r["distance_km"]
        }
        if not now or not before:
            continue
        moved = sorted(
            (
                (float(now[o]["distance_km"]) - float(before[o]["distance_km"]), o)
                for o in now.keys() & before.keys()
            ),
            reverse=True,
        )
        for difference, operator in [m for m in moved[:2] if m[0] > 0] + [m for m in moved[-2:] if m[0] < 0]:
            row = now[operator]
            up = difference > 0
            found.append([
                Part(Text(f"California, {words.en}: ", f"加州{words.zh}：") + _name(row) + (UP if up else DOWN)),
                Part(amount(abs(difference), None, Text(" km", "公里")), table.address(before[operator])),
                Part(Text(" to ", "，至")),
                Part(amount(float(row["distance_km"]), row["bound"], Text(" km", "公里")), table.address(row)),
                Part(Text(".", "。")),
            ])  # fmt: skip
        for group, some, en, zh in (
            (now.keys() - before.keys(), now, "drove again or for the first time", "重新或首次出现里程"),
            (before.keys() - now.keys(), before, "reported no distance any more", "不再有里程"),
        ):
            if group:
                names = [_name(some[o]) for o in sorted(group)]
                found.append([Part(Text(
                    f"California, {words.en}: {', '.join(n.en for n in names)} {en}.",
                    f"加州{words.zh}：{'、'.join(n.zh for n in names)}{zh}。",
                ))])  # fmt: skip
    found += _changed_figures(tables, quarter)
    start, end = quarter_start(quarter), quarter_start(shifted(quarter, 1))
    new = [f for f in filings if start <= f["issued_on"] < end]
    if new:
        issued = ", ".join(f["filing"] for f in new)
        found.append(
            [
                Part(
                    Text(f"Filings issued in the quarter: {issued}.", f"本季度发布的申报：{issued}。"),
                    "#sources",
                )
            ]
        )
    return found


def _changed_figures(tables: Tables, quarter: str) -> list[Sentence]:
    found: list[Sentence] = []
    for name, column, of, unit in (
        ("orders", "orders", {"operator": "baidu"}, Text("rides", "单")),
        ("bev-quarterly", "value", {"operator": "tesla"}, Text("cars", "辆")),
        ("bev-quarterly", "value", {"operator": "byd"}, Text("cars", "辆")),
    ):
        table = tables[name]
        now, before = (table.row(**of, quarter=q) for q in (quarter, shifted(quarter, -1)))
        if now and before and before[column]:
            who = Text("Apollo Go", "萝卜快跑") if name == "orders" else _name(now)
            change = 100 * (float(now[column]) / float(before[column]) - 1)
            firm = change_bound(now["bound"], before["bound"])
            how = Text(" (", "（") + percent(change, firm) + Text(").", "）。") if firm else Text(".", "。")
            found.append([
                Part(who + Text(": ", "：")),
                Part(amount(float(now[column]), now["bound"]), table.address(now)),
                Part(Text(f" {unit.en}, after ", f"{unit.zh}，上季度")),
                Part(amount(float(before[column]), before["bound"]), table.address(before)),
                Part(how),
            ])  # fmt: skip
    return found
