"""Tables of the page, and charts, against what is published."""

from __future__ import annotations

from typing import Any

from fleetstats.charts import CHARTS
from fleetstats.charts.page import source_notes
from fleetstats.core.settings import Settings
from fleetstats.core.words import words_in
from fleetstats.outputs.draw_charts import open_charts
from fleetstats.outputs.report.revisions import _runs
from fleetstats.outputs.report.table_specs import REASONS
from fleetstats.warehouse.queries import has
from tests.conftest import Query


def test_every_reason_for_no_rate_is_told_in_chinese_too(ask: Query) -> None:
    reasons = {r["reason"] for r in ask("select distinct reason from incident_rate where reason is not null")}
    assert reasons
    assert reasons <= REASONS.keys()


def test_a_chart_says_how_far_its_data_reach_where_that_is_long_before(
    from_digests: tuple[Settings, Any],
) -> None:
    chart = CHARTS["mileage-quarterly"]
    with open_charts(from_digests[0], None, "2025Q4") as charts:
        late = charts.read(chart).provenance
    assert late.reaches == "2023Q4"
    assert "Data to 2025Q4 (the last held are of 2023Q4)" in source_notes(late, words_in("en"))[-1]
    assert "数据至2025年第4季度（所持最近为2023年第4季度）" in source_notes(late, words_in("zh"))[-1]
    with open_charts(from_digests[0], None, "2023Q3") as charts:
        assert charts.read(chart).provenance.reaches is None


def test_the_ledgers_of_a_publication_are_found(from_digests: tuple[Settings, Any]) -> None:
    with open_charts(from_digests[0]) as charts:
        assert has(charts.reader, "revision", ["run_id", "figure_key"])
        assert not has(charts.reader, "revision", ["run_id", "no_such_column"])
        assert not has(charts.reader, "no_such_ledger")
        assert list(_runs(charts.reader, charts.state)) == [charts.state.run_id]
