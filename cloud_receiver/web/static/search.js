// Search by keyboard: Ctrl-K or "/" anywhere, arrows to choose, Enter to go. What there is to
// find is asked of the server, which knows the people, stores and pages; nothing is kept here.
const WAIT_MS = 120;
let dialog, input, list, hits = [], at = 0, asked = 0, timer;

function build(button) {
  dialog = document.createElement("dialog");
  dialog.className = "search";
  dialog.setAttribute("aria-label", button.getAttribute("aria-label"));
  input = document.createElement("input");
  Object.assign(input, { type: "search", placeholder: button.dataset.search, autocomplete: "off" });
  const describe = { role: "combobox", "aria-expanded": "true", "aria-controls": "search-hits",
    "aria-label": button.dataset.search };
  for (const [name, value] of Object.entries(describe)) input.setAttribute(name, value);
  list = document.createElement("div");
  list.id = "search-hits";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", button.getAttribute("aria-label"));
  const keys = document.createElement("p");
  keys.textContent = button.dataset.keys;
  dialog.append(input, list, keys);
  (document.querySelector(".daka") || document.body).append(dialog);
  input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(() => ask(button), WAIT_MS); });
  dialog.addEventListener("keydown", steer);
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
}

async function ask(button) {
  const number = ++asked;
  const answer = await fetch(`/search?q=${encodeURIComponent(input.value)}`);
  if (number !== asked || !answer.ok) return;
  hits = await answer.json();
  at = 0;
  list.replaceChildren(...hits.map(draw));
  if (!hits.length) {
    const none = document.createElement("p");
    none.textContent = button.dataset.none;
    none.setAttribute("role", "option");
    list.append(none);
  }
  mark();
}

function draw(hit, index) {
  const row = document.createElement("a");
  row.href = hit.href;
  row.id = `search-${index}`;
  row.setAttribute("role", "option");
  const picture = document.createElement("i");
  picture.className = "icon";
  picture.setAttribute("aria-hidden", "true");
  picture.textContent = hit.icon;
  const title = document.createElement("span");
  title.textContent = hit.title;
  const sub = document.createElement("small");
  sub.textContent = hit.sub;
  row.append(picture, title, sub);
  return row;
}

function mark() {
  [...list.children].forEach((row, index) => row.setAttribute("aria-selected", String(index === at)));
  const chosen = list.children[at];
  if (chosen) { input.setAttribute("aria-activedescendant", chosen.id); chosen.scrollIntoView({ block: "nearest" }); }
}

function steer(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step && hits.length) {
    event.preventDefault();
    at = (at + step + hits.length) % hits.length;
    mark();
  } else if (event.key === "Enter" && hits[at]) {
    event.preventDefault();
    location.href = hits[at].href;
  } else if (event.key === "Escape") {
    event.preventDefault(); // the browser would first only empty the field
    dialog.close();
  }
}

function open() {
  const button = document.querySelector("[data-search]");
  if (!button) return;
  if (!dialog) build(button);
  if (dialog.open) return;
  document.querySelector(":popover-open")?.hidePopover();
  dialog.showModal();
  input.select();
  ask(button);
}

const typing = (target) => target.closest?.("input, textarea, select, [contenteditable]");
document.addEventListener("keydown", (event) => {
  const asked = (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey)) ||
    (event.key === "/" && !typing(event.target) && !event.ctrlKey && !event.metaKey && !event.altKey);
  if (asked) { event.preventDefault(); open(); }
});
document.addEventListener("click", (event) => { if (event.target.closest("[data-search]")) open(); });
