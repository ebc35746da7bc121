(function () {
  "use strict";
  var root = document.documentElement, titles;
  function remember(name, value) { try { localStorage.setItem("fleetstats-" + name, value); } catch (e) { /* private mode */ } }
  function each(query, act) { Array.prototype.forEach.call(document.querySelectorAll(query), act); }

  // What a reader sees first below the bar, and where. Words change their length with the language, so this block is
  // brought back to where it was. A block has an address of its own in no language; what lies in a closed part is not seen.
  function top() {
    var bar = document.querySelector(".bar");
    return getComputedStyle(bar).position === "sticky" ? bar.getBoundingClientRect().bottom : 0;
  }
  function place() {
    var edge = top(), best = null;
    each("main :is(h1, h2, h3, p, li, dt, dd, tr, summary, figure)", function (e) {
      var box = e.getBoundingClientRect(), closed = e.closest("details:not([open])");
      if (!box.height || box.bottom <= edge + 1 || (closed && e.parentElement !== closed)) { return; }
      if (best === null || box.top < best.box.top) { best = { e: e, box: box }; }
    });
    return best;
  }
  function keepPlace(act) {
    var before = window.scrollY === 0 ? null : place();
    act();
    if (!before) { return; }
    var edge = top(), part = Math.max(0, edge - before.box.top) / before.box.height; // how much of it had gone by
    function back() {
      var now = before.e.getBoundingClientRect();
      window.scrollBy({ top: part > 0 ? now.top + part * now.height - edge : now.top - before.box.top, behavior: "instant" });
    }
    back();
    window.requestAnimationFrame(back); // and once more, when pictures have their places
  }

  function showLang() {
    var buttons = Array.prototype.slice.call(document.querySelectorAll("[data-set-lang]"));
    buttons.forEach(function (b) { b.setAttribute("aria-pressed", String(b.dataset.setLang === root.lang)); });
    var chosen = buttons.findIndex(function (b) { return b.dataset.setLang === root.lang; }), code = buttons[chosen].dataset.code;
    each("[data-en]", function (e) { e.setAttribute("aria-label", e.getAttribute("data-" + code)); });
    titles = titles || document.title.split(" · "); // in the order of the languages
    document.title = titles[chosen] || titles[0];
  }
  function dark() {
    return root.dataset.theme ? root.dataset.theme === "dark" : window.matchMedia("(prefers-color-scheme: dark)").matches;
  }
  function showTheme() {
    each("[data-set-theme]", function (b) { b.setAttribute("aria-pressed", String((b.dataset.setTheme === "dark") === dark())); });
  }
  each("[data-set-lang]", function (b) {
    b.addEventListener("click", function () {
      keepPlace(function () { root.lang = b.dataset.setLang; showLang(); });
      remember("lang", root.lang);
    });
  });
  each("[data-set-theme]", function (b) {
    b.addEventListener("click", function () { root.dataset.theme = b.dataset.setTheme; remember("theme", b.dataset.setTheme); showTheme(); });
  });
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", showTheme);
  showLang(); showTheme();

  // Tables: a click on a head sorts by it; a second one the other way round.
  function value(row, column) {
    var cell = row.cells[column], text = cell.dataset.v === undefined ? cell.textContent.trim() : cell.dataset.v;
    var number = cell.classList.contains("n") ? parseFloat(text) : NaN;
    return isNaN(number) ? { empty: text === "", text: text } : { number: number };
  }
  function compare(a, b) {
    if (a.empty || b.empty) { return 0; }
    if (a.number !== undefined && b.number !== undefined) { return a.number - b.number; }
    return String(a.text || a.number).localeCompare(String(b.text || b.number));
  }
  each("th button", function (button) {
    button.addEventListener("click", function () {
      var head = button.closest("th"), table = head.closest("table"), body = table.tBodies[0];
      var up = head.getAttribute("aria-sort") !== "ascending";
      Array.prototype.forEach.call(table.tHead.rows[0].cells, function (c) { if (c.hasAttribute("aria-sort")) { c.setAttribute("aria-sort", "none"); } });
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      var rows = Array.prototype.map.call(body.rows, function (r, i) { return { row: r, i: i, v: value(r, head.cellIndex) }; });
      rows.sort(function (a, b) {
        if (a.v.empty !== b.v.empty) { return a.v.empty ? 1 : -1; } // what is empty stays last
        var c = compare(a.v, b.v);
        return (up ? c : -c) || a.i - b.i;
      });
      rows.forEach(function (r) { body.appendChild(r.row); });
    });
  });

  // A link into a closed part opens it; printing opens what a reader needs on paper.
  function open() {
    var id = decodeURIComponent(location.hash.slice(1)), target = id && document.getElementById(id);
    if (!target) { return; }
    for (var d = target.closest("details"); d; d = d.parentElement && d.parentElement.closest("details")) { d.open = true; }
    if (!target.hasAttribute("tabindex")) { target.setAttribute("tabindex", "-1"); }
    target.focus({ preventScroll: true });
    target.scrollIntoView({ block: "center" });
  }
  window.addEventListener("hashchange", open);
  window.fleetstatsReady.then(open);
  window.addEventListener("beforeprint", function () { each("details.print", function (d) { d.open = true; }); each("img[loading]", function (i) { i.loading = "eager"; }); });
})();
