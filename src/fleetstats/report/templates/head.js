// Before anything is shown: the language and the colours that were chosen last, or that the browser asks for.
(function () {
  var root = document.documentElement, asked = new URLSearchParams(location.search), kept = {};
  try { kept = { lang: localStorage.getItem("fleetstats-lang"), theme: localStorage.getItem("fleetstats-theme") }; } catch (e) { /* nothing is remembered */ }
  var lang = asked.get("lang") || kept.lang || navigator.language || "en";
  root.lang = /^zh/i.test(lang) ? "zh-CN" : "en";
  var theme = asked.get("theme") || kept.theme;
  if (theme === "light" || theme === "dark") { root.dataset.theme = theme; }
})();
