// Comfort over pages that work without it: focus, unsaved typing, double sends, the header, rows, the roster.
(() => {
  "use strict";
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const CONTROL = "input:not([type=hidden]), select, textarea";

  // --- forms: where to look, what would be lost, one send at a time ------------------------------------------
  const focusProblem = (within) => {
    const summary = within.querySelector("[data-errors]");
    const target = summary || within.querySelector(".is-invalid, [aria-invalid=true]");
    if (target) target.focus();
    return Boolean(target);
  };

  const dirty = new Set();
  let leaving = null;
  const guardForms = (within) => {
    // A refused form came back with typing that is saved nowhere.
    for (const form of all("form[data-guard]", within)) if (form.querySelector("[data-errors]")) dirty.add(form);
  };
  const noteTyping = (event) => {
    const form = event.target.form;
    if (form && form.matches("[data-guard]")) dirty.add(form);
  };
  document.addEventListener("input", noteTyping);
  document.addEventListener("change", noteTyping);
  window.addEventListener("beforeunload", (event) => {
    for (const form of dirty) if (form !== leaving && form.isConnected) event.preventDefault();
  });

  const sending = new WeakSet();
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented) return;
    if (sending.has(form)) return event.preventDefault();
    if (form.method !== "post") return;
    leaving = form;
    sending.add(form);
    // After the browser has collected the fields: a disabled button would not send its own name.
    setTimeout(() => {
      for (const button of form.elements) if (button.type === "submit") { button.disabled = true; button.dataset.sent = ""; }
    });
  });
  window.addEventListener("pageshow", () => {
    leaving = null;
    for (const button of all("[data-sent]")) {
      button.disabled = false;
      delete button.dataset.sent;
      if (button.form) sending.delete(button.form);
    }
  });

  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-errors] a[href^='#']");
    const target = link && document.getElementById(link.hash.slice(1));
    if (!target) return;
    const control = target.matches(CONTROL) ? target : target.querySelector(CONTROL);
    if (control) { event.preventDefault(); control.focus(); control.scrollIntoView({ block: "center" }); }
  });

  // --- header: menu on a narrow screen, account menu, "/" for search -----------------------------------------
  const masthead = document.querySelector("[data-masthead]");
  const menuButton = document.querySelector("[data-menu-button]");
  const openMenu = (open) => {
    masthead.classList.toggle("is-open", open);
    menuButton.setAttribute("aria-expanded", String(open));
  };
  if (menuButton) menuButton.addEventListener("click", () => openMenu(!masthead.classList.contains("is-open")));

  const account = document.querySelector("[data-menu]");
  if (account) {
    document.addEventListener("click", (event) => { if (!account.contains(event.target)) account.open = false; });
    account.addEventListener("focusout", (event) => {
      if (event.relatedTarget && !account.contains(event.relatedTarget)) account.open = false;
    });
  }
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    if (account && account.open) { account.open = false; account.querySelector("summary").focus(); }
    else if (menuButton && masthead.classList.contains("is-open")) { openMenu(false); menuButton.focus(); }
  });

  // A one-key shortcut must be possible to turn off (WCAG 2.1.4); the choice stays in this browser.
  const search = document.querySelector("[data-search]");
  const slash = document.querySelector("[data-slash-switch]");
  const remembered = (value) => {
    try {
      if (value !== undefined) localStorage.setItem("slash", value);
      return localStorage.getItem("slash");
    } catch { return null; }
  };
  const useSlash = (on) => {
    document.body.classList.toggle("no-slash", !on);
    if (!search) return;
    if (on) search.setAttribute("aria-keyshortcuts", "/"); else search.removeAttribute("aria-keyshortcuts");
  };
  if (slash) {
    slash.checked = remembered() !== "off";
    useSlash(slash.checked);
    slash.addEventListener("change", () => { remembered(slash.checked ? "on" : "off"); useSlash(slash.checked); });
  }
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (!search || !slash || !slash.checked || event.target.closest("input, select, textarea, [contenteditable], [data-roster]")) return;
    event.preventDefault();
    if (menuButton && menuButton.offsetParent) openMenu(true);
    search.focus();
    search.select();
  });

  // --- roster: a class by keyboard; letters act only while one of its choices has the focus -------------------
  const chosen = (row) => row.querySelector("input[type=radio]:checked");
  const focusRow = (row) => {
    const radio = row && (chosen(row) || row.querySelector("input[type=radio]:not(:disabled)"));
    if (!radio) return;
    radio.focus();
    row.scrollIntoView({ block: "nearest" });
  };
  const beside = (row, step) => {
    let next = row;
    do next = step > 0 ? next.nextElementSibling : next.previousElementSibling;
    while (next && !next.querySelector("input[type=radio]:not(:disabled)"));
    return next;
  };
  const minutes = (row) => row.querySelector("[data-minutes] input");
  const asksMinutes = (row) => Boolean(chosen(row)?.hasAttribute("data-asks-minutes"));

  const setUpRoster = (table) => {
    const form = table.closest("form") || document;
    const rows = () => all("tbody > tr", table).filter((row) => row.querySelector("input[type=radio]"));
    const output = form.querySelector("[data-roster-count]");
    const show = () => {
      let marked = 0;
      for (const row of rows()) {
        if (chosen(row)) marked += 1;
        const place = row.querySelector("[data-minutes]");
        if (place) place.classList.toggle("is-idle", !asksMinutes(row) && !minutes(row)?.matches(".is-invalid"));
      }
      if (output) output.textContent = output.dataset.text.replace("{n}", marked).replace("{total}", rows().length);
    };
    const choose = (radio) => {
      radio.checked = true;
      radio.dispatchEvent(new Event("change", { bubbles: true }));
    };
    table.addEventListener("change", (event) => {
      // Minutes typed for a mark that was chosen before must not be saved unseen with one that asks for none.
      const field = event.target.matches("input[type=radio]:not([data-asks-minutes])") && minutes(event.target.closest("tr"));
      if (field) field.value = "";
      show();
    });
    table.addEventListener("click", (event) => {
      // Only a real click: passing over a choice with the arrow keys must not move the focus away.
      const row = event.target.closest("tr");
      if (event.detail > 0 && event.target.matches("input[data-asks-minutes]") && row) { show(); minutes(row)?.focus(); }
    });
    table.addEventListener("keydown", (event) => {
      const row = event.target.closest("tbody > tr");
      if (!row || event.ctrlKey || event.metaKey || event.altKey) return;
      const onRadio = event.target.matches("input[type=radio]");
      const inMinutes = event.target === minutes(row);
      // In the minutes, too: the browser would count them up and down, and a person would be late with 0 minutes unseen.
      if ((event.key === "ArrowDown" || event.key === "ArrowUp") && (onRadio || inMinutes)) {
        event.preventDefault();
        focusRow(beside(row, event.key === "ArrowDown" ? 1 : -1));
      } else if (event.key === "Enter" && inMinutes) {
        event.preventDefault();
        focusRow(beside(row, 1) || row);
      } else if (onRadio && event.key.length === 1) {
        const radio = all("input[type=radio][data-key]:not(:disabled)", row).find((one) => one.dataset.key === event.key.toLowerCase());
        if (!radio) return;
        event.preventDefault();
        choose(radio);
        radio.focus();
        if (radio.hasAttribute("data-asks-minutes") && minutes(row)) { minutes(row).focus(); minutes(row).select(); }
        else if (table.dataset.roster === "advance") focusRow(beside(row, 1));
      }
    });
    for (const button of all("[data-roster-all]", form)) {
      button.hidden = false;
      button.addEventListener("click", () => {
        for (const row of rows()) {
          const radio = row.querySelector(`input[type=radio][data-key="${button.dataset.rosterAll}"]:not(:disabled)`);
          if (radio && !chosen(row)) choose(radio);
        }
      });
    }
    show();
    window.addEventListener("pageshow", show);
  };

  // --- a list of people with ticks: one stop for the tab key; arrows and the letters of a name move within it ----
  const setUpPeople = (list) => {
    const ticks = all("input[type=checkbox]", list);
    const words = new Map(ticks.map((tick) => [tick, tick.labels[0].textContent.trim().toLowerCase().split(/\s+/)]));
    const output = list.querySelector("[data-ticked]");
    const show = () => { output.textContent = output.dataset.text.replace("{n}", ticks.filter((tick) => tick.checked).length).replace("{total}", ticks.length); };
    const stopAt = (tick) => { for (const one of ticks) one.tabIndex = one === tick ? 0 : -1; };
    let typed = "";
    let last = 0;
    const beginsWith = (from, text) =>
      [...ticks.slice(from), ...ticks.slice(0, from)].find((tick) => words.get(tick).some((word) => word.startsWith(text)));
    list.addEventListener("focusin", (event) => { if (words.has(event.target)) stopAt(event.target); });
    list.addEventListener("change", show);
    list.addEventListener("keydown", (event) => {
      const at = ticks.indexOf(event.target);
      if (at < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        (ticks[at + (event.key === "ArrowDown" ? 1 : -1)] || ticks[at]).focus();
      } else if (event.key.length === 1 && event.key.trim()) {
        event.preventDefault();
        typed = event.timeStamp - last > 1000 ? event.key.toLowerCase() : typed + event.key.toLowerCase();
        last = event.timeStamp;
        // The same letter again goes on to the next name; more letters narrow down the one that is found.
        const again = [...typed].every((letter) => letter === typed[0]);
        (again ? beginsWith(at + 1, typed[0]) : beginsWith(at, typed))?.focus();
      }
    });
    stopAt(ticks[0]);
    show();
    window.addEventListener("pageshow", show);
  };

  // --- rows that htmx brought ---------------------------------------------------------------------------------
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (!event.target.matches("[data-pager]")) return;
    const list = document.querySelector(event.target.getAttribute("hx-target"));
    if (list) list.dataset.had = list.children.length;
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    const list = event.detail.target;
    if (!list) return;
    if (list.dataset.had) {
      // The link that had the focus is gone: go on at the first new row.
      list.children[Number(list.dataset.had)]?.querySelector("a, button, input")?.focus();
      delete list.dataset.had;
      const announce = document.getElementById("announce");
      announce.textContent = "";
      setTimeout(() => { announce.textContent = announce.dataset.more; }, 50);
    } else {
      guardForms(list);
      focusProblem(list);
    }
  });

  guardForms(document);
  all("[data-roster]").forEach(setUpRoster);
  all("[data-people]").forEach(setUpPeople);
  // A page with one thing to do starts there: at a button or a link, or in the first field of what is marked.
  if (!focusProblem(document)) {
    const start = document.querySelector("[data-start]");
    (start?.matches("a, button") ? start : start?.querySelector(CONTROL))?.focus();
  }
})();
