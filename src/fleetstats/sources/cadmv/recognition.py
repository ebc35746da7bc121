"""Which of the California DMV's reports the bytes are: mileage or events, which programme, which report year.

Permits tell the programme (AVT… with a driver, AVDT… driverless). The month columns of a mileage report tell its year,
and whether it is a first report, which reaches back to January of the year before. Events have days instead: nearly all
lie in the report's period, and the few that do not are misprints of the filers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date

from fleetstats.core.periods import month_end, months_between, report_year_period
from fleetstats.filings.chains import without_amendment
from fleetstats.filings.operators import normalise_permit
from fleetstats.sources.cadmv.forms import DRIVERLESS, parse_event_date, parse_month_header, scope_of
from fleetstats.sources.recognition import Known, Recognised, Sample, Sure

_STRAYS = 0.02
"""The share of days outside its period that an edition may have: 3 of 454 is the most that is held (2019)."""


Filed = dict[str, dict[str, int]]
"""The disengagements that mileage reports print of each permit, by edition."""


def recognise_mileage(sample: Sample, _: Known) -> Recognised | None:
    """What the bytes say of a mileage report, or None where they are none."""
    permit = sample.place("Permit Number")
    months = sorted({m for cell in sample.file.header if (m := parse_month_header(cell)) is not None})
    if permit is None or not sample.has("Manufacturer", "ANNUAL TOTAL") or not months:
        return None
    programme, because = _programme([row[0] for row in sample.cells(permit)])
    last = max(months)
    year = report_year_of(last)
    because.append(f"{len(months)} month columns, {months[0]:%b %Y} to {last:%b %Y}")
    doubts = [] if months == list(months_between(months[0], last)) else ["months are missing in the header"]
    if last.month != 11:
        doubts.append(f"the last month is {last:%b %Y}, and a report year ends in November")
    first = len(months) > 12
    main, early = _names(programme)
    return Recognised(
        "cadmv_mileage",
        f"the DMV's mileage report {year}, {_kind(programme, first=first)}",
        (f"{year}{early if first else main}",),
        "certain",
        tuple(because),
        tuple(doubts),
        usual_day(year),
    )


def recognise_events(sample: Sample, known: Known) -> Recognised | None:
    """What the bytes say of a disengagement report, or None where they are none."""
    places = sample.places("Permit Number", "DATE")
    ours = sample.has("Manufacturer", "DISENGAGEMENT INITIATED BY*", "DESCRIPTION OF FACTS*")
    if not ours or len(places) < 2:
        return None
    rows = sample.cells(*places)
    programme, because = _programme([row[0] for row in rows])
    days = sorted(day for text in (row[1] for row in rows) if (day := _day(text)) is not None)
    if not days:
        what = f"the DMV's disengagement report, {_kind(programme)}"
        return Recognised(
            "cadmv_disengagement", what, sure="unsure", because=(*because, "no day can be read")
        )
    by_year = Counter(report_year_of(day) for day in days)
    because.append(", ".join(f"{count:,} days in report year {y}" for y, count in sorted(by_year.items())))
    most = max(by_year, key=lambda y: by_year[y])
    likely, doubts = _by_days(days, most, by_year, programme), []
    if not likely:
        likely = [f"{most}{_names(programme)[0]}"]
        outside = len(days) - by_year[most]
        doubts.append(
            f"{outside:,} of {len(days):,} days lie outside report year {most}: are day and month swapped?"
        )
    events, filed = Counter(normalise_permit(row[0]) for row in rows), _filed(known)
    likely, seen = _filed_beside(likely, events, filed)
    because += [seen] if seen is not None else []
    doubts += [
        *_not_first(likely, events, filed),
        *_beside_mileage(events, filed.get(likely[0], {}), likely[0]),
    ]
    first = likely[0].endswith(_names(programme)[1])
    sure: Sure = "certain" if seen is not None or len(likely) == 1 or len(days) > 1000 else "likely"
    return Recognised(
        "cadmv_disengagement",
        f"the DMV's disengagement report {likely[0][:4]}, {_kind(programme, first=first)}",
        tuple(likely),
        sure,
        tuple(because),
        tuple(doubts),
        usual_day(int(likely[0][:4])),
    )


def _by_days(days: list[date], most: int, by_year: Counter[int], programme: str | None) -> list[str]:
    """The editions in whose period all days lie, but for a few strays; that of all filers first."""
    few = max(1, int(_STRAYS * len(days)))
    main, first = _names(programme)
    found = [f"{most}{main}"] if len(days) - by_year[most] <= few else []
    for year in (most, most + 1):
        inside = sum(date(year - 1, 1, 1) <= day <= report_year_period(year).end for day in days)
        if len(days) - inside <= few:
            found.append(f"{year}{first}")
    return found


def _filed_beside(likely: list[str], events: Counter[str], filed: Filed) -> tuple[list[str], str | None]:
    """The editions by the mileage that is held: a mileage report prints the disengagements of each filer.

    The edition that prints as many as there are is the one; first reports are those of filers who have filed nothing
    earlier; else that in which all filers of these events filed their mileage is the likeliest.
    """
    for edition in likely:
        if _with_events(filed.get(edition, {})) == events:
            return [edition], f"as many events of each filer as the mileage report {edition} prints"
    of_all = [edition for edition in likely if not _is_first(edition)]
    if of_all and events.keys() <= _filed_before(likely[0], filed):
        return of_all, "all of its filers have filed in earlier years"
    for edition in likely:
        if events.keys() <= filed.get(edition, {}).keys():
            return [edition, *(e for e in likely if e != edition)], f"its filers filed mileage for {edition}"
    return likely, None


def _not_first(likely: list[str], events: Counter[str], filed: Filed) -> list[str]:
    """What speaks against first reports, where the days allow nothing else: filers who have filed before."""
    before = _filed_before(likely[0], filed) & events.keys()
    if not all(map(_is_first, likely)) or 2 * len(before) <= len(events):
        return []
    return [
        f"its days are those of first reports, and {len(before)} of {len(events)} filers have filed before"
    ]


def _beside_mileage(events: Counter[str], filers: Mapping[str, int], edition: str) -> list[str]:
    """What the mileage report of the edition contradicts: it prints how many disengagements each filer reported.

    In every edition that is held the two agree, but for one placeholder in 8,885 records of 2019.
    """
    printed = _with_events(filers)
    apart = ((printed - events) + (events - printed)).total()
    if not printed or apart <= max(2, _STRAYS * printed.total()):
        return []
    return [
        f"there are {events.total():,} events, and the mileage report {edition} prints {printed.total():,}"
    ]


def _filed(known: Known) -> Filed:
    """What mileage reports print, those that are held."""
    found: Filed = {}
    for edition, staged in known.editions("cadmv_mileage").items():
        table = staged.tables["cadmv_mileage_filer"].select(["permit", "disengagements"]).to_pylist()
        found[without_amendment(edition)] = {row["permit"]: row["disengagements"] or 0 for row in table}
    return found


def _filed_before(edition: str, filed: Filed) -> set[str]:
    """The permits that are in a mileage report of an earlier year."""
    return {permit for other, filers in filed.items() if other[:4] < edition[:4] for permit in filers}


def _with_events(filers: Mapping[str, int]) -> Counter[str]:
    return Counter({permit: count for permit, count in filers.items() if count})


def _is_first(edition: str) -> bool:
    return edition.endswith(("-first-time", "-first"))


def usual_day(report_year: int) -> date:
    """The last day of the month in which the reports of a year are issued: of 2018 to 2023 on 2 to 26 February."""
    return month_end(report_year + 1, 2)


def report_year_of(day: date) -> int:
    """The report year of a day: it begins on 1 December of the year before."""
    return day.year + (day.month == 12)


def _programme(permits: list[str]) -> tuple[str | None, list[str]]:
    scopes = Counter(scope_of(normalise_permit(text)) for text in permits)
    found = {scope: count for scope, count in scopes.items() if scope is not None}
    if not found:
        return None, ["no permit that can be read"]
    programme = max(found, key=lambda scope: found[scope])
    letters = "AVDT" if programme == DRIVERLESS else "AVT"
    return programme, [f"{found[programme]:,} of {len(permits):,} permits are {letters}…"]


def _names(programme: str | None) -> tuple[str, str]:
    """How the editions of a programme are called after their year: of all filers, and of those who file first."""
    return ("-driverless", "-driverless-first") if programme == DRIVERLESS else ("", "-first-time")


def _kind(programme: str | None, *, first: bool = False) -> str:
    kind = "driverless" if programme == DRIVERLESS else "with a driver"
    return f"first reports, {kind}" if first else kind


def _day(text: str) -> date | None:
    try:
        return parse_event_date(text)
    except ValueError:
        return None
