// Runs before the first paint, so that a chosen theme does not flash; without a choice the system decides (console.css).
(function () {
  try {
    var theme = localStorage.getItem("millrace.theme");
    if (theme === "light" || theme === "dark") {
      document.documentElement.dataset.theme = theme;
    }
  } catch (e) {
    // A browser that keeps nothing follows the system.
  }
})();
