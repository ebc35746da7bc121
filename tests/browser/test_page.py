"""The quarter's page in a real browser, opened from disk."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from fleetstats.outputs.report import Outcome
from fleetstats.outputs.report.assets import print_pdf
from tests.browser.conftest import Visit
from tests.homes import PATIENCE

SEEN = """id => { const box = document.getElementById(id).getBoundingClientRect();
    const edge = document.querySelector('.bar').getBoundingClientRect().bottom;
    return box.top >= edge ? box.top : 1000 * (edge - box.top) / box.height; }"""
"""How far below the bar a block begins, in pixels; or how much of it has gone by, in thousandths."""


def lang(page: Page) -> str:
    return str(page.evaluate("document.documentElement.lang"))


def test_no_error_and_no_request_leaves_the_folder(visit: Visit, report: Outcome) -> None:
    for query in ("?lang=en", "?lang=zh&theme=dark"):
        page = visit.open(query)
        page.evaluate("document.querySelectorAll('img').forEach(i => { i.loading = 'eager'; })")
        page.mouse.wheel(0, 30_000)
        page.wait_for_load_state("networkidle")
        # The network rests before the last picture is decoded, on a loaded machine by seconds
        page.wait_for_function(
            "[...document.images].filter(i => i.offsetParent !== null).every(i => i.complete)",
            timeout=PATIENCE * 1000,
        )
    assert visit.said == []
    folder = report.folder.as_uri()
    outside = [url for url in visit.asked if not url.startswith((f"{folder}/", "data:"))]
    assert outside == []
    shown = visit.page.evaluate(
        "[...document.images].filter(i => i.offsetParent !== null).map(i => i.complete && i.naturalWidth)"
    )
    assert len(shown) == 11
    assert all(width == 2000 for width in shown)


def test_the_first_screen(visit: Visit) -> None:
    page = visit.open()
    assert page.title() == "fleetstats, 2023Q3"
    assert page.locator(".lead li").count() == 3
    text = page.locator("#findings").inner_text()
    for words in (
        "2023-09-30",
        "the current publication",
        "pub-",
        "821K",
        "+73%",
        "no page found that prints it",
    ):
        assert words in text
    assert page.locator(".keys li").count() == 6


@pytest.mark.parametrize(
    ("place", "past"),
    [("chart-bev-quarterly", 0.0), ("figure-orders", 0.5), ("claims", 0.0), ("pairs", 0.0), ("missing", 0.0)],
)
def test_the_language_switch_keeps_the_place(visit: Visit, place: str, past: float) -> None:
    """Before and after, the same part of the same block lies below the bar, in a page of other lengths."""
    page = visit.open()

    def part() -> float:
        return float(page.evaluate(SEEN, place))

    page.evaluate("id => document.getElementById(id).scrollIntoView()", place)
    page.evaluate("([id, x]) => scrollBy(0, x * document.getElementById(id).offsetHeight)", [place, past])
    before, scrolled = part(), page.evaluate("scrollY")
    for name, code in (("中文", "zh-CN"), ("English", "en")):
        # click() would scroll to the button first
        page.get_by_role("button", name=name).dispatch_event("click")
        page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        assert lang(page) == code
        assert abs(part() - before) < 3
        if code == "zh-CN":
            assert abs(page.evaluate("scrollY") - scrolled) > 3, "the lengths differ, so something was kept"


def test_the_language_is_remembered(visit: Visit) -> None:
    page = visit.open()
    assert lang(page) == "en"
    page.get_by_role("button", name="中文").click()
    assert page.title() == "fleetstats，2023年第3季度"
    assert page.get_by_role("button", name="中文").get_attribute("aria-pressed") == "true"
    assert "Third quarter" not in page.locator("h1").inner_text()
    page.reload()
    page.wait_for_function("!document.documentElement.classList.contains('waiting')")
    assert lang(page) == "zh-CN"
    page.get_by_role("button", name="English").click()
    assert "Third quarter of 2023" in page.locator("h1").inner_text()


def test_the_browser_s_language_is_the_first_choice(browser: Browser, report: Outcome) -> None:
    context = browser.new_context(locale="zh-CN", color_scheme="dark")
    page = Visit(context, report.page).open()
    assert lang(page) == "zh-CN"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(21, 24, 28)"
    context.close()


def test_both_themes(visit: Visit) -> None:
    page = visit.open()
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ".en.png" in page.evaluate("[...document.images].find(i => i.offsetParent !== null).src")
    page.get_by_role("button", name="Dark").click()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != light
    assert ".en.dark.png" in page.evaluate("[...document.images].find(i => i.offsetParent !== null).src")
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_chinese_shows_on_a_machine_without_chinese_fonts(visit: Visit) -> None:
    page = visit.open("?lang=zh")
    assert page.evaluate("[...document.fonts].map(f => f.status)") == ["loaded"]
    missing = page.evaluate(
        """() => { const c = document.createElement('canvas').getContext('2d');
        c.font = '20px "fleetstats Noto Sans SC"';
        const box = s => { c.clearRect(0, 0, 40, 40); c.fillText(s, 2, 22);
            return Array.from(c.getImageData(0, 0, 40, 40).data).join(); };
        const tofu = box('\\u9fef');
        const used = new Set(document.querySelector('main').innerText.match(/[\\u4e00-\\u9fee]/g));
        return [...used].filter(x => box(x) === tofu); }"""
    )
    assert missing == []


def test_crash_reports_have_their_notes_and_what_changed_says_that_there_is_nothing_to_compare(
    visit: Visit,
) -> None:
    page = visit.open("?lang=en", "#t-incident-rate")
    rows = page.locator("#t-incident-rate tbody tr")
    assert rows.count() > 5
    text = page.locator("section[aria-labelledby=incidents]").inner_text()
    assert "a count without a rate says nothing about safety" in text
    assert "no mileage is published for this state" in text
    assert rows.first.locator("td.n a").first.get_attribute("href") is not None
    assert "or this is the first" in page.locator("#revised + p").inner_text()
    # What NHTSA changed from edition to edition, each kind of change on a line of its own
    assert page.locator("#records + ul li").count() == 8


def test_sorting(visit: Visit) -> None:
    page = visit.open("?lang=en", "#t-bev-quarterly")
    table = page.locator("#t-bev-quarterly table")
    assert page.locator("#t-bev-quarterly").get_attribute("open") is not None, (
        "a link into a closed part opens it"
    )
    head = table.locator("th").nth(3)

    def column() -> list[float]:
        cells = table.locator("tbody tr td:nth-child(4)")
        return [float(v) for v in cells.evaluate_all("cells => cells.map(c => c.dataset.v)")]

    head.get_by_role("button").click()
    assert head.get_attribute("aria-sort") == "ascending"
    assert column() == sorted(column())
    head.get_by_role("button").focus()
    page.keyboard.press("Enter")
    assert head.get_attribute("aria-sort") == "descending"
    assert column() == sorted(column(), reverse=True)


def test_downloads(visit: Visit, tmp_path: Path) -> None:
    page = visit.open()
    rows = []
    for form in ("csv", "parquet"):
        with page.expect_download() as waiting:
            page.locator(f"a[href='data/bev-quarterly.{form}']").click()
        path = tmp_path / waiting.value.suggested_filename
        waiting.value.save_as(path)
        assert path.name == f"bev-quarterly.{form}"
        if form == "csv":
            with path.open(encoding="utf-8", newline="") as file:
                rows.append(len(list(csv.DictReader(file))))
        else:
            rows.append(pq.read_table(path).num_rows)
    assert rows[0] == rows[1] > 20


def test_every_link_leads_somewhere(visit: Visit, report: Outcome) -> None:
    page = visit.open()
    links: list[str] = page.evaluate(
        "[...document.querySelectorAll('a[href]')].map(a => a.getAttribute('href'))"
    )
    ids = set(page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)"))
    count = page.evaluate("document.querySelectorAll('[id]').length")
    assert len(ids) == count, "an address belongs to one place"
    assert [href for href in links if href.startswith("#") and href[1:] not in ids] == []
    local = {href.partition("#") for href in links if not href.startswith(("#", "http"))}
    texts = {name: (report.folder / name).read_bytes() for name, _, _ in local}
    assert [
        name for name, _, place in sorted(local) if f'id="{place}"'.encode() not in texts[name] and place
    ] == []
    assert len({place for name, _, place in local if name == "trace/mileage_quarterly.html"}) > 100
    assert [href for href in links if href.startswith("http") and "javascript" in href] == []


def test_each_number_leads_to_its_row_and_the_row_to_its_records_and_filing(visit: Visit) -> None:
    page = visit.open()
    for link in page.locator(".lead a, .keys .value a").all()[:4]:
        href = link.get_attribute("href")
        assert href
        row = page.locator(f"[id='{href[1:]}']")
        assert row.count() == 1
        assert row.evaluate("e => e.tagName") in ("TR", "DETAILS", "H2")
    page.locator(".keys .value a").first.click()
    assert page.evaluate("location.hash").startswith("#r-mileage_quarterly-waymo-")
    assert page.locator(":target").is_visible()
    page.locator(":target td a").last.click()
    assert page.evaluate("location.hash").startswith(("#filing-cadmv_mileage-2023", "#from-"))
    assert page.locator(":target").is_visible()
    page.go_back()
    page.locator(":target td.n a").first.click()
    page.wait_for_url("**/trace/mileage_quarterly.html#r-mileage_quarterly-waymo-*")
    assert page.locator(":target").is_visible()
    assert "2023Q3" in page.locator(":target").inner_text()
    assert "add up to it" in page.locator(":target + details > summary").inner_text()
    page.get_by_role("link", name="Back to the page").click()
    page.wait_for_url("**/index.html")
    assert visit.said == []


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_horizontal_scroll_on_a_phone(browser: Browser, report: Outcome, language: str) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 740}, is_mobile=True, has_touch=True)
    page = Visit(context, report.page).open(f"?lang={language}")
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    assert page.locator(".switches button").first.is_visible()
    context.close()


@pytest.mark.parametrize(("language", "theme"), [("en", "light"), ("zh", "dark")])
def test_nothing_serious_for_axe(visit: Visit, language: str, theme: str) -> None:
    page = visit.open(f"?lang={language}&theme={theme}")
    page.evaluate(
        "document.querySelectorAll('#t-bev-quarterly, #t-orders, #together').forEach(d => { d.open = true; })"
    )
    found: dict[str, Any] = Axe().run(page).response
    serious = [v for v in found["violations"] if v["impact"] in ("serious", "critical")]
    assert [(v["id"], [n["html"][:120] for n in v["nodes"][:3]]) for v in serious] == []
    assert len(found["passes"]) > 20


def test_the_keyboard_reaches_everything(visit: Visit) -> None:
    page = visit.open()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#main"
    assert page.evaluate("[...document.querySelectorAll('.wide')].every(e => e.tabIndex === 0)")
    assert page.evaluate("[...document.images].every(i => i.alt.length > 10)")


def test_print(visit: Visit, chromium: str, report: Outcome, tmp_path: Path) -> None:
    page = visit.open("?theme=dark")
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.querySelector('.switches')).display") == "none"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    shown = page.evaluate(
        "[...document.images].filter(i => getComputedStyle(i).display !== 'none').map(i => i.src)"
    )
    assert len(shown) == 11
    assert not [src for src in shown if "dark" in src]
    pdf = tmp_path / "report.pdf"
    assert print_pdf(chromium, report.page, pdf, "zh") is None
    assert pdf.read_bytes().startswith(b"%PDF")


def test_the_index_lists_the_quarter(visit: Visit, report: Outcome) -> None:
    page = visit.open()
    page.locator("a.home").click()
    page.wait_for_function("!document.documentElement.classList.contains('waiting')")
    assert page.locator("h1").inner_text() == "Quarters"
    page.locator("a[href='2023Q3/index.html']").click()
    assert page.url == report.page.as_uri()
    assert visit.said == []
