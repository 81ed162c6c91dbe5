// The console's behaviour: theme, times in the viewer's zone, dialogs, copy, search in tables, charts. No inline handlers anywhere; everything hangs on data-*.
const Millrace = (() => {
  "use strict";

  // ---- theme -------------------------------------------------------------------------------------------------------------------------------
  const themes = ["auto", "light", "dark"];
  const themeNames = { auto: "follows the system", light: "light", dark: "dark" };

  function chosenTheme() {
    return document.documentElement.dataset.theme || "auto";
  }

  function showTheme() {
    const button = document.getElementById("theme");
    if (button) {
      const text = "Theme: " + themeNames[chosenTheme()];
      button.dataset.themeChoice = chosenTheme();
      button.title = text;
      button.setAttribute("aria-label", text);
    }
  }

  function nextTheme() {
    const next = themes[(themes.indexOf(chosenTheme()) + 1) % themes.length];
    if (next === "auto") {
      delete document.documentElement.dataset.theme;
    } else {
      document.documentElement.dataset.theme = next;
    }
    try {
      localStorage.setItem("millrace.theme", next);
    } catch (e) {
      // Not remembered, then.
    }
    showTheme();
    recolourCharts();
  }

  // ---- times -------------------------------------------------------------------------------------------------------------------------------
  const dayAndMinute = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" });
  const thisYear = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
  const second = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", second: "2-digit" });
  const minuteOnly = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });

  const exact = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "long" });

  function zone() {
    const offset = new Intl.DateTimeFormat("en-GB", { timeZoneName: "shortOffset" }).formatToParts(new Date()).find((part) => part.type === "timeZoneName").value;
    const name = Intl.DateTimeFormat().resolvedOptions().timeZone.replaceAll("_", " ");
    return name === "UTC" || name === "Etc/UTC" ? "UTC" : "your zone, " + name + " (" + offset + ")";
  }

  function ago(then) {
    const seconds = Math.max(0, (Date.now() - then.getTime()) / 1000);
    if (seconds < 90) return "just now";
    if (seconds < 5400) return Math.round(seconds / 60) + " min ago";
    if (seconds < 129600) return Math.round(seconds / 3600) + " h ago";
    return Math.round(seconds / 86400) + " days ago";
  }

  function localTimes(root) {
    root.querySelectorAll("time.when[datetime]:not([data-local])").forEach((time) => {
      const then = new Date(time.dateTime);
      if (!Number.isNaN(then.getTime())) {
        const brief = time.dataset.seconds === "true" ? second : thisYear;
        time.textContent = time.dataset.relative === "true" ? ago(then) : (then.getFullYear() === new Date().getFullYear() ? brief : dayAndMinute).format(then);
        time.title = exact.format(then);
        time.dataset.local = "true";
      }
    });
  }

  // ---- forms -------------------------------------------------------------------------------------------------------------------------------
  // Ties each input to its hint and its message, so that a screen reader says them.
  function describeFields(root) {
    root.querySelectorAll(".field").forEach((field) => {
      const input = field.querySelector("input, select");
      const texts = Array.from(field.querySelectorAll(".hint, .field-error"));
      if (input && texts.length) {
        texts.forEach((text, i) => (text.id = text.id || input.id + "-text-" + i));
        input.setAttribute("aria-describedby", texts.map((text) => text.id).join(" "));
      }
    });
  }

  // An answer replaces the dialog's content, and with it what had the focus: it goes to what is to be mended, else to what the answer says.
  function focusAnswer() {
    const dialog = document.querySelector("dialog[open]");
    if (!dialog) return;
    const invalid = dialog.querySelector('[aria-invalid="true"]');
    if (invalid) {
      invalid.focus();
      return;
    }
    const refused = dialog.querySelector(".notice-bad");
    if (refused || !dialog.contains(document.activeElement) || document.activeElement === dialog) {
      const said = refused || dialog.querySelector("h2");
      said.tabIndex = -1;
      said.dataset.takesFocus = "yes";
      said.focus();
    }
  }

  // ---- dialogs -----------------------------------------------------------------------------------------------------------------------------
  // data-set-x="..." on the opening button fills every [data-gets="x"] in the dialog: the value of an input, the text of anything else.
  function openDialog(button) {
    const dialog = document.getElementById(button.dataset.opens);
    dialog.querySelectorAll("[data-gets]").forEach((target) => {
      const value = button.getAttribute("data-set-" + target.dataset.gets);
      if (value !== null) {
        if (target.matches("input")) target.value = value;
        else target.textContent = value;
      }
    });
    dialog.showModal();
  }

  function isRevealed(dialog) {
    return dialog.querySelector("[data-revealed]") !== null;
  }

  // ---- copy --------------------------------------------------------------------------------------------------------------------------------
  async function copy(button) {
    const text = document.getElementById(button.dataset.copies).textContent;
    const label = button.querySelector("span");
    try {
      await navigator.clipboard.writeText(text);
    } catch (e) {
      // Without a secure context there is no clipboard interface; a selection still copies.
      const selection = window.getSelection();
      const range = document.createRange();
      range.selectNodeContents(document.getElementById(button.dataset.copies));
      selection.removeAllRanges();
      selection.addRange(range);
      document.execCommand("copy");
    }
    button.classList.add("done");
    label.textContent = "Copied";
    setTimeout(() => {
      button.classList.remove("done");
      label.textContent = "Copy";
    }, 1800);
  }

  // ---- search in a table -------------------------------------------------------------------------------------------------------------------
  function filterRows(input) {
    const table = document.getElementById(input.dataset.filters);
    const wanted = input.value.trim().toLowerCase();
    let shown = 0;
    table.querySelectorAll("tbody tr").forEach((row) => {
      row.hidden = wanted !== "" && !row.textContent.toLowerCase().includes(wanted);
      shown += row.hidden ? 0 : 1;
    });
    const none = document.getElementById(input.dataset.filters + "-none");
    if (none) none.hidden = shown > 0;
    const count = document.getElementById(input.dataset.filters + "-count");
    if (count) count.textContent = wanted === "" ? "" : shown + (shown === 1 ? " row fits" : " rows fit");
  }

  // ---- wide tables -------------------------------------------------------------------------------------------------------------------------
  // A table that is wider than its place scrolls in it: then the keyboard must reach it.
  function reachWideTables() {
    document.querySelectorAll(".table-wrap").forEach((wrap) => {
      if (wrap.scrollWidth > wrap.clientWidth) {
        const section = wrap.closest("section[aria-labelledby]");
        wrap.tabIndex = 0;
        wrap.setAttribute("role", "group");
        if (section) wrap.setAttribute("aria-labelledby", section.getAttribute("aria-labelledby"));
      } else {
        ["tabindex", "role", "aria-labelledby"].forEach((name) => wrap.removeAttribute(name));
      }
    });
  }

  // ---- charts ------------------------------------------------------------------------------------------------------------------------------
  const charts = [];

  // Replaces names of the design system ("--chart-1") by the theme's values, all the way down.
  function coloured(value, styles) {
    if (typeof value === "string" && value.startsWith("--")) return styles.getPropertyValue(value).trim();
    if (Array.isArray(value)) return value.map((v) => coloured(v, styles));
    if (value && typeof value === "object") {
      return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, coloured(v, styles)]));
    }
    return value;
  }

  function localAxis(scales) {
    for (const scale of Object.values(scales || {})) {
      if (scale.millraceTime) {
        scale.ticks.callback = function (value) {
          return minuteOnly.format(new Date(this.getLabelForValue(value)));
        };
      }
    }
  }

  function compact(number) {
    return new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 }).format(number).replace("K", "k");
  }

  // Called by PrimeFaces before it draws; "this" is the widget.
  function prepareChart() {
    const widget = this;
    const plain = JSON.parse(JSON.stringify(widget.cfg.config));
    const entry = { widget, plain };
    charts.push(entry);
    applyColours(entry);
  }

  function applyColours(entry) {
    const config = coloured(entry.plain, getComputedStyle(document.documentElement));
    localAxis(config.options.scales);
    for (const [name, scale] of Object.entries(config.options.scales || {})) {
      if (name !== "x") scale.ticks.callback = compact;
    }
    config.options.plugins = config.options.plugins || {};
    config.options.plugins.tooltip = {
      callbacks: {
        title: (items) => {
          const time = config.options.scales.x.millraceTime;
          return time ? minuteOnly.format(new Date(Number(items[0].label))) : items[0].label;
        },
      },
    };
    entry.widget.cfg.config = config;
  }

  function recolourCharts() {
    for (const entry of charts) {
      const chart = entry.widget.chart;
      if (chart) {
        const data = chart.data;
        applyColours(entry);
        entry.widget.cfg.config.data.labels = data.labels;
        entry.widget.cfg.config.data.datasets.forEach((d, i) => (d.data = data.datasets[i].data));
        chart.destroy();
        entry.widget._render();
      }
    }
  }

  // ---- live overview -----------------------------------------------------------------------------------------------------------------------
  function showLive(text, state) {
    const mark = document.getElementById("live-mark");
    if (mark && !mark.classList.contains("paused")) {
      mark.textContent = text;
      mark.className = ("live " + state).trim();
    }
  }

  // What changes by itself can be stopped, to be read in peace.
  function toggleLive(mark) {
    const paused = mark.classList.toggle("paused");
    mark.textContent = paused ? "Paused" : "Live";
    mark.title = paused ? "Follow again" : "Stop following";
    if (paused) PF("poll").stop();
    else PF("poll").start();
  }

  function live(args) {
    showLive("Live", "");
    const lost = document.getElementById("lost");
    if (lost) lost.hidden = true;
    if (!args || !args.load || !charts.length || !charts[0].widget.chart) return;
    const load = typeof args.load === "string" ? JSON.parse(args.load) : args.load;
    const chart = charts[0].widget.chart;
    chart.data.labels = load.labels;
    chart.data.datasets[0].data = load.tokens;
    chart.data.datasets[1].data = load.queue;
    chart.update("none");
  }

  function lost() {
    const notice = document.getElementById("lost");
    const dialog = document.querySelector("dialog[open] .dialog-body");
    if (notice && dialog && !dialog.querySelector("[data-lost]")) {
      // Outside of an open dialog nobody sees or hears it.
      const copy = notice.cloneNode(true);
      copy.removeAttribute("id");
      copy.dataset.lost = "yes";
      copy.hidden = false;
      dialog.prepend(copy);
    } else if (notice && !dialog) {
      notice.hidden = false;
    }
    showLive("No answer", "stale");
    document.querySelectorAll('[aria-busy="true"]').forEach((b) => b.removeAttribute("aria-busy"));
  }

  function closeMenu(menu) {
    const within = menu.contains(document.activeElement);
    menu.open = false;
    if (within) menu.querySelector("summary").focus();
  }

  // ---- wiring ------------------------------------------------------------------------------------------------------------------------------
  // The script stands in the head, because charts call it while the page is still being read.
  function wire() {
    document.addEventListener("click", (event) => {
      const target = event.target.closest("[data-opens],[data-closes],[data-copies],#theme,#live-mark");
      if (target) {
        if (target.id === "theme") nextTheme();
        else if (target.id === "live-mark") toggleLive(target);
        else if (target.dataset.opens) openDialog(target);
        else if (target.dataset.copies) copy(target);
        else target.closest("dialog").close();
      }
      document.querySelectorAll("details.person[open]").forEach((menu) => {
        if (!menu.contains(event.target)) menu.open = false;
      });
    });
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape") document.querySelectorAll("details.person[open]").forEach(closeMenu);
    });
    document.addEventListener("focusin", (event) => {
      document.querySelectorAll("details.person[open]").forEach((menu) => {
        if (!menu.contains(event.target)) menu.open = false;
      });
    });
    document.addEventListener("input", (event) => {
      if (event.target.dataset.filters) filterRows(event.target);
    });
    document.addEventListener("change", (event) => {
      const form = event.target.closest("form[data-auto]");
      if (form && event.target.matches("select")) form.requestSubmit();
    });
    document.addEventListener("submit", (event) => {
      const button = event.submitter;
      if (button && event.target.method === "get") button.setAttribute("aria-busy", "true");
    });
    document.querySelectorAll("dialog").forEach((dialog) => {
      // A key that is shown once must not vanish by a stray key press; "Done" closes it and loads the list anew.
      dialog.addEventListener("cancel", (event) => {
        if (isRevealed(dialog)) event.preventDefault();
      });
    });
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", recolourCharts);
    showTheme();
    localTimes(document);
    document.querySelectorAll("[data-zone]").forEach((mark) => (mark.textContent = zone()));
    describeFields(document);
    reachWideTables();
    window.addEventListener("resize", reachWideTables);
    new MutationObserver(() => localTimes(document)).observe(document.getElementById("content"), { childList: true, subtree: true });

    // Buttons that send something by Ajax show that it is under way.
    if (window.jQuery) {
      let sender = null;
      document.addEventListener("click", (event) => (sender = event.target.closest("button.ui-button")), true);
      jQuery(document)
        .on("pfAjaxSend", () => sender && sender.setAttribute("aria-busy", "true"))
        .on("pfAjaxError", lost)
        .on("pfAjaxComplete", (e, xhr, settings, args) => {
          describeFields(document);
          focusAnswer();
          if (!(args && args.redirect) && sender) sender.removeAttribute("aria-busy");
        });
    }
  }

  document.addEventListener("DOMContentLoaded", wire);

  return { prepareChart, live, lost };
})();
