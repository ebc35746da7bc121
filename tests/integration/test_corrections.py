"""Corrections through a whole build: what stops it, what it shows, and that digests and originals agree."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from fleetstats.core.csv_tables import read_rows
from fleetstats.core.errors import BadInput
from fleetstats.core.schema.tables import TABLES
from fleetstats.core.settings import Settings, packaged
from fleetstats.core.units import KM_PER_MI
from fleetstats.filings.filing import read_filing
from fleetstats.ingest.stage import stage
from fleetstats.outputs.export.tables import sort
from fleetstats.pipeline.build import run
from fleetstats.pipeline.plan import plan
from fleetstats.warehouse.core_tables import account_rows, assemble
from tests.integration.test_publication import command
from tests.published_file import query

RAW = packaged("data") / "raw"
WHY = {"file": "a file", "reason": "a test", "evidence": "a page", "reported": True}


def rows_of(source: str, edition: str) -> list[tuple[int, dict[str, str]]]:
    path = RAW / source / edition / read_filing(RAW / source / edition).file
    header = path.read_text(encoding="utf-8-sig").splitlines()[0].split(",")
    return list(read_rows(path, header))


def row_where(source: str, edition: str, **wanted: str) -> tuple[int, dict[str, str]]:
    [found] = [r for r in rows_of(source, edition) if r[1].items() >= wanted.items()]
    return found


def write(home: Path, source: str, *entries: dict[str, Any]) -> None:
    folder = home / "landed" / source
    folder.mkdir(parents=True, exist_ok=True)
    text = yaml.safe_dump([{**WHY, **entry} for entry in entries], allow_unicode=True)
    (folder / "corrections.yml").write_text(text, encoding="utf-8")


def of_digest(source: str, edition: str) -> dict[str, str]:
    return {"digest": read_filing(RAW / source / edition).sha256}


MONTH = {"table": "month", "operator": "nuro", "scope": "cadmv_testing_with_driver", "month": "2023-06-01"}
REPORT = {"table": "month", "operator": "nuro", "state": "TX", "month": "2025-08-01"}


@pytest.fixture
def corrected(tmp_path: Path) -> Path:
    """A home with one correction of each action, four of rows of digests and one of a transcribed figure."""
    home = tmp_path / "home"
    month, miles = row_where("cadmv_mileage", "2023", **MONTH)
    year, total = row_where("cadmv_mileage", "2023", **{**MONTH, "table": "filer", "month": ""})
    report, _ = row_where("nhtsa_sgo", "2026-08", **REPORT)
    digest = of_digest("cadmv_mileage", "2023")
    write(
        home,
        "cadmv_mileage",
        {
            **digest, "records": [month], "action": "scale", "column": "distance_mi",
            "expect": miles["distance_mi"], "factor": "1.609344",
        },
        {
            **digest, "records": [year], "action": "override", "column": "disengagements",
            "expect": total["disengagements"], "value": total["disengagements"],
        },
        {**digest, "records": [month], "action": "flag", "column": "vehicles", "expect": miles["vehicles"]},
    )  # fmt: skip
    write(
        home,
        "nhtsa_sgo",
        {
            **of_digest("nhtsa_sgo", "2026-08"), "records": [report], "action": "reassign",
            "column": "operator", "expect": "nuro", "operator": "cruise",
        },
    )  # fmt: skip
    figure, printed = row_where("market_figures", "bev", figure="bev-077")
    write(
        home,
        "market_figures",
        {
            "original": read_filing(RAW / "market_figures" / "bev").sha256, "records": [figure],
            "action": "drop", "column": "value", "expect": printed["value"],
        },
    )  # fmt: skip
    return home


def asked(settings: Settings, statement: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = query(settings.published, statement).to_pylist()
    return found


def core_tables(settings: Settings) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Reference and core tables, of which all marts are made, and the accounts."""
    the_plan = plan(settings)
    staged = stage(the_plan.held, the_plan.reviewed, None)
    tables_ = assemble(staged, the_plan.held, the_plan.reviewed, None)
    return tables_, account_rows(staged, the_plan.held, "a run")


def test_digests_and_originals_are_corrected_alike_and_every_record_is_accounted_for(
    corrected: Path, originals: Path
) -> None:
    ours, accounts = core_tables(Settings(home=corrected, originals=None))
    theirs, other_accounts = core_tables(Settings(home=corrected, originals=originals))
    compared = [name for name in ours if name not in ("filing", "rejected_row")]
    assert len(compared) > 15
    different = [n for n in compared if sort(ours[n], TABLES[n]) != sort(theirs[n], TABLES[n])]
    assert different == []
    assert sum(row["read_as"] == "original" for row in other_accounts) == 29
    for row in (*accounts, *other_accounts):
        parts = ("loaded", "superseded", "dropped", "rejected", "blank")
        assert row["records_read"] == sum(row[f"records_{part}"] for part in parts), row
        assert row["records_dropped"] == (row["filing"] == "market_figures/bev") + (
            row["filing"] in ("cadmv_disengagement/2019", "nhtsa_sgo/2025-06")
            and row["read_as"] == "original"
        )


def test_each_action_is_seen_in_what_is_published(corrected: Path) -> None:
    ours = Settings(home=corrected, originals=None)
    assert command(ours, "run").returncode == 0
    _, miles = row_where("cadmv_mileage", "2023", **MONTH)
    [row] = asked(
        ours,
        "select distance_km, distance_mi_reported, corrected from cadmv_mileage_month where operator = 'nuro' "
        "and filing = 'cadmv_mileage/2023' and scope = 'cadmv_testing_with_driver' and month = date '2023-06-01'",
    )
    used = Decimal(miles["distance_mi"]) * KM_PER_MI
    assert used > 0
    assert (row["distance_mi_reported"], row["corrected"]) == (round(used, 9), "flag, scale")
    assert row["distance_km"] == row["distance_mi_reported"] * KM_PER_MI
    done = asked(ours, "select * from correction where publisher_told order by filing, record, column_name")
    assert [(r["filing"], r["addresses"], r["action"], r["correction_evidence"]) for r in done] == [
        ("cadmv_mileage/2023", "digest", "override", "a page"),
        ("cadmv_mileage/2023", "digest", "scale", "a page"),
        ("cadmv_mileage/2023", "digest", "flag", "a page"),
        ("market_figures/bev", "original", "drop", "a page"),
        ("nhtsa_sgo/2026-08", "digest", "reassign", "a page"),
    ]
    assert (done[1]["printed"], done[1]["used"]) == (miles["distance_mi"], f"{round(used, 9).normalize():f}")
    assert (done[4]["printed"], done[4]["used"]) == ("nuro", "cruise")
    assert asked(ours, "select figure from published_figure where figure = 'bev-077'") == []
    given = "select operator from nhtsa_incident_month where filing = 'nhtsa_sgo/2026-08' and state = 'TX' and month = date '2025-08-01' and operator in ('nuro', 'cruise')"  # noqa: E501 - one statement
    assert asked(ours, given) == [{"operator": "cruise"}]
    assert asked(
        ours, "select records_dropped as n from filing_account where filing = 'market_figures/bev'"
    ) == [{"n": 1}]
    assert asked(ours, "select sum(unexplained) as n from crosscheck_accounts") == [{"n": 0}]


MONTH_ROW = row_where("cadmv_mileage", "2023", **MONTH)
STOPS: dict[str, tuple[dict[str, Any], str, str]] = {
    "a value that is no longer there": (
        {"expect": "1.25"}, "a correction no longer applies", "'1.25', the printed value"),
    "a row that there is not": ({"records": [99_999]}, "a correction no longer applies", "no such record"),
    "a digest that was made again": (
        {"digest": "0" * 64}, "a correction for a file that no filing is", "look whether the digest was made again"),
    "an operator that there is not": (
        {"action": "reassign", "factor": None, "operator": "waymoo"},
        "a correction gives a record to an operator that there is not", "fix the code, or add the operator"),
    "an operator without a permit": (
        {"action": "reassign", "factor": None, "operator": "byd"},
        "cannot be given to another operator by its code alone", "use override of Permit Number"),
    "two of one cell": ({"twice": True}, "two corrections of one cell", "remove one of the two"),
    "a factor that was rounded": ({"factor": 1.609344}, "corrections that cannot be read", "in quotation marks"),
    "an action of old": ({"action": "reject", "factor": None}, "corrections that cannot be read", "called drop now"),
}  # fmt: skip


@pytest.mark.parametrize("case", STOPS)
@pytest.mark.parametrize("read_as", ["digest", "original"])
def test_a_correction_that_cannot_be_applied_stops_the_build_and_says_what_to_do(
    tmp_path: Path, request: pytest.FixtureRequest, case: str, read_as: str
) -> None:
    changed, says, todo = STOPS[case]
    number, row = MONTH_ROW
    entry = {
        **of_digest("cadmv_mileage", "2023"), "records": [number], "action": "scale", "column": "distance_mi",
        "expect": row["distance_mi"], "factor": "1.609344", **changed,
    }  # fmt: skip
    twice = entry.pop("twice", False)
    entry = {k: v for k, v in entry.items() if v is not None}
    write(tmp_path, "cadmv_mileage", *([entry, entry] if twice else [entry]))
    originals = request.getfixturevalue("originals") if read_as == "original" else None
    settings = Settings(home=tmp_path, originals=originals)
    if case == "a row that there is not" and originals is None:
        done = command(settings, "run")
        assert done.returncode == 4
        assert says in done.stderr
        assert todo in done.stderr
        assert "fix or remove the entry in corrections.yml" in done.stderr
    else:
        with pytest.raises(BadInput) as caught:
            run(settings)
        assert says in str(caught.value)
        assert todo in str(caught.value)
    assert not settings.published.exists()
