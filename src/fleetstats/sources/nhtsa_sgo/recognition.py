"""Which of NHTSA's files the bytes are: whose systems they are about, in which form, and from which month.

Under its order NHTSA publishes three files of one form: crashes of automated driving systems (ADS), of Level 2 driver
assistance (ADAS), and all others. `Automation System Engaged?` tells them apart, by shares that differ from form to
form, since the first order asked otherwise (2,234 of 2,295 records of its ADS archive say `ADS`, 263 of 287 of its
edition of 2022; 3,691 of 4,027 of its Level 2 archive say `ADAS`): so the larger share decides, and how large it is
says how sure that is.
"""

from __future__ import annotations

from collections import Counter
from datetime import date

from fleetstats.core.periods import month_end
from fleetstats.sources.nhtsa_sgo.editions import ARCHIVE, FIRST_ORDER_ENDS, edition_of_month
from fleetstats.sources.nhtsa_sgo.months import month_or_none
from fleetstats.sources.recognition import Known, Recognised, Sample

_FORM = ("Report ID", "Report Version", "Reporting Entity", "Incident Date", "Automation System Engaged?")
_FIRST_ORDER = "ADS Equipped?"
_AMENDED_ORDER = "Engagement Status"

_STRAYS = 0.005
"""Fewer reports of a month than this share of all are no month's edition; the least that is held is 4 %."""

_ADS = "NHTSA's crash reports of automated driving systems (ADS)"
_ADAS = "NHTSA's crash reports of Level 2 driver assistance (ADAS)"
_OTHER = "NHTSA's crash reports of other vehicles (OTHER)"


def recognise(sample: Sample, _: Known) -> Recognised | None:
    """What the bytes say, or None where they have not the form of these reports."""
    if not sample.has(*_FORM):
        return None
    rows = sample.cells(*sample.places(*_FORM[3:], "Report Submission Date"))
    engaged = Counter(row[1].strip() for row in rows)
    what, share = _which(engaged)
    incidents = [month for row in rows if (month := month_or_none(row[0])) is not None]
    submitted = [month for row in rows for text in row[2:] if (month := month_or_none(text)) is not None]
    because = [f"Automation System Engaged? is {_told(engaged)}"]
    if what != _ADS:
        return Recognised(None, what, because=tuple(because))
    first_order = sample.has(_FIRST_ORDER) and not sample.has(_AMENDED_ORDER)
    because.append(
        f"the form of the {'first' if first_order else 'amended'} order, {len(sample.file.header)} columns"
    )
    if not submitted and not incidents:
        return Recognised("nhtsa_sgo", _ADS, sure="unsure", because=(*because, "no month is printed"))
    last = _last(submitted or incidents)
    because.append(
        f"reports submitted {min(submitted):%Y-%m} to {last:%Y-%m}" if submitted else "no month of submission"
    )
    because.append(f"incidents to {max(incidents):%Y-%m}" if incidents else "no month of an incident")
    doubts = []
    if submitted and incidents and last not in incidents:
        # In every edition that is held the last month has both
        doubts.append(f"reports were submitted in {last:%Y-%m}, and none is of an incident in it")
    if later := {month for month in submitted if month > last}:
        doubts.append(f"hardly a report was submitted in {max(later):%Y-%m}, the last month that is printed")
    if first_order and last > FIRST_ORDER_ENDS:
        doubts.append(f"the form of the first order, which ended in June 2025, and reports of {last:%Y-%m}")
    edition = edition_of_month(last, first_order=first_order)
    return Recognised(
        "nhtsa_sgo",
        _ADS if edition != ARCHIVE else f"{_ADS}, the archive of the first order",
        (edition,),
        "unsure" if not submitted else "certain" if share >= 0.9 else "likely",
        tuple(because),
        tuple(doubts),
        # The archive is posted again on any day
        None if edition == ARCHIVE else month_end(*(int(part) for part in edition.split("-"))),
    )


def _last(months: list[date]) -> date:
    """The last month with more than a stray report: that of an edition has 4 to 10 % of them."""
    counts = Counter(months)
    return max(month for month, count in counts.items() if count > _STRAYS * len(months))


def _which(engaged: Counter[str]) -> tuple[str, float]:
    total = sum(engaged.values())
    ads, adas = (engaged[name] / total if total else 0.0 for name in ("ADS", "ADAS"))
    if max(ads, adas) < 0.5:
        return _OTHER, 1 - max(ads, adas)
    return (_ADS, ads) if ads > adas else (_ADAS, adas)


def _told(engaged: Counter[str]) -> str:
    shown = engaged.most_common(3)
    return ", ".join(f"{name or 'empty'} in {count:,} of {sum(engaged.values()):,}" for name, count in shown)
