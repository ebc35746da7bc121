// Before anything is shown: the language and the colours that were chosen last, or that the browser asks for.
(function () {
  var root = document.documentElement, asked = new URLSearchParams(location.search), kept = {};
  try { kept = { lang: localStorage.getItem("fleetstats-lang"), theme: localStorage.getItem("fleetstats-theme") }; } catch (e) { /* nothing is remembered */ }
  var lang = asked.get("lang") || kept.lang || navigator.language || "en";
  var offered = {{ tags | tojson }}; // of each language, by its code
  root.lang = offered[Object.keys(offered).find(function (code) { return lang.toLowerCase().split(/[-_]/)[0] === code; }) || "en"];
  var theme = asked.get("theme") || kept.theme;
  if (theme === "light" || theme === "dark") { root.dataset.theme = theme; }
  // Nothing is laid out before the page's own font is read: some browsers keep the boxes that they drew without it.
  window.fleetstatsReady = Promise.resolve();
  if (document.fonts && document.fonts.load) {
    root.classList.add("waiting");
    window.fleetstatsReady = Promise.race([
      document.fonts.load('1em "fleetstats Noto Sans SC"', "\u4e2d"),
      document.fonts.load('bold 1em "fleetstats Noto Sans SC"', "\u4e2d"),
      new Promise(function (done) { setTimeout(done, 1500); })
    ]).catch(function () { /* the machine's own fonts do */ }).then(function () { root.classList.remove("waiting"); });
  }
})();
