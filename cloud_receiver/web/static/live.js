// A part of a page that follows the data. New content is merged into what is shown, so that
// focus, selection, scrolling and opened details stay where they are; what is new and has a
// data-key gets the class "fresh" for a moment.
const KEYED = ' data-key="';

export default {
  template: `<div></div>`,
  props: { content: String, version: Number },
  mounted() {
    this.$el.innerHTML = this.text = this.content;
    this.shown = this.version;
    this.bringTab();
    this.$el.addEventListener("click", (event) => this.click(event));
    this.$el.addEventListener("change", (event) => this.change(event));
    this.$el.addEventListener("submit", (event) => this.submit(event));
    this.$el.addEventListener("input", (event) => this.input(event));
    this.escape = (event) => { // wherever the focus is; a question asked above it goes first
      if (event.key === "Escape" && !document.querySelector("dialog[open]")) this.$el.querySelector("[data-escape]")?.click();
    };
    document.addEventListener("keydown", this.escape);
  },
  unmounted() { document.removeEventListener("keydown", this.escape); },
  methods: {
    // Takes the pieces that changed, the last first; they are cut where a key stands.
    show(version, splices) {
      if (version <= this.shown) return; // the page was loaded with it
      this.shown = version;
      const pieces = this.text.split(KEYED);
      for (const [first, count, by] of splices) pieces.splice(first, count, ...by);
      this.text = pieces.join(KEYED);
      const wanted = document.createElement("div");
      wanted.innerHTML = this.text;
      merge(this.$el, wanted);
      this.bringTab();
      this.$el.removeAttribute("aria-busy");
    },
    // On a phone the tabs scroll sideways: the one that was turned to is brought into sight, once.
    bringTab() {
      const tab = this.$el.querySelector(".tabs > [aria-current]");
      if (!tab || tab.getAttribute("href") === this.turned) return;
      this.turned = tab.getAttribute("href");
      const [one, all] = [tab.getBoundingClientRect(), tab.parentElement.getBoundingClientRect()];
      tab.parentElement.scrollLeft += one.left - all.left - (all.width - one.width) / 2;
    },
    act(act, value) {
      this.$el.setAttribute("aria-busy", "true"); // until the answer is drawn
      clearTimeout(this.patience);
      this.patience = setTimeout(() => this.$el.removeAttribute("aria-busy"), 8000);
      this.$emit("act", { act, value });
    },
    async click(event) {
      const found = event.target.closest("[data-act]");
      if (!found || event.metaKey || event.ctrlKey || event.shiftKey) return;
      event.preventDefault();
      if (await agreed(found)) this.act(found.dataset.act, found.dataset.value || "");
    },
    change(event) {
      const { change, all } = event.target.dataset;
      if (all) {
        for (const box of this.$el.querySelectorAll(`input[name="${all}"]`)) box.checked = event.target.checked;
      }
      if (change) this.act(change, event.target.value);
    },
    input(event) {
      const name = event.target.dataset.input;
      if (!name) return;
      clearTimeout(this.typing);
      this.typing = setTimeout(() => this.act(name, event.target.value), 250);
    },
    async submit(event) {
      const name = event.target.dataset.submit;
      if (!name) return;
      event.preventDefault();
      const form = new FormData(event.target, event.submitter); // names ending in [] are lists
      if (event.target.dataset.file) await send(event.target.dataset.file, form);
      const read = (key) => [key, key.endsWith("[]") ? form.getAll(key) : form.get(key)];
      const said = JSON.stringify(Object.fromEntries([...new Set(form.keys())].map(read)));
      if (await agreed(event.submitter || event.target)) this.act(name, said);
    },
  },
};

// Sends a form's file on its own way; the form says the ticket it is then asked for by.
async function send(address, form) {
  const file = form.get("file");
  form.delete("file");
  const answer = await fetch(`${address}?name=${encodeURIComponent(file.name)}`, { method: "POST", body: file }).catch(() => null);
  if (answer?.ok) form.set("ticket", (await answer.json()).ticket);
}

// Asks before what cannot be undone: the question, and what the two buttons say, are the page's.
function agreed(asking) {
  const { confirm, yes, no } = asking.dataset;
  if (!confirm) return Promise.resolve(true);
  const dialog = document.createElement("dialog");
  dialog.className = "ask";
  dialog.setAttribute("aria-label", confirm);
  const form = document.createElement("form");
  form.method = "dialog";
  const question = document.createElement("p");
  question.textContent = confirm;
  const row = document.createElement("div");
  row.className = "row";
  for (const [value, text, look] of [["", no, "button"], ["yes", yes, "button main"]]) {
    const button = document.createElement("button");
    Object.assign(button, { value, textContent: text, className: look });
    row.append(button);
  }
  form.append(question, row);
  dialog.append(form);
  document.querySelector(".daka").append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      resolve(dialog.returnValue === "yes");
      dialog.remove();
    });
  });
}

const keyOf = (node) => (node.nodeType === 1 && node.dataset.key) || null;
const fits = (a, b) => a.nodeType === b.nodeType && a.nodeName === b.nodeName && keyOf(a) === keyOf(b);

function merge(shown, wanted) {
  const byKey = new Map();
  for (const child of shown.children) if (keyOf(child)) byKey.set(keyOf(child), child);
  let place = shown.firstChild;
  for (const target of [...wanted.childNodes]) {
    const key = keyOf(target);
    let match = key ? byKey.get(key) : place;
    if (match && !fits(match, target)) match = null;
    if (!match) {
      if (key && shown.children.length) target.classList.add("fresh");
      shown.insertBefore(target, place);
      target.querySelector?.("[data-focus]")?.focus();
      continue;
    }
    if (match === place) place = place.nextSibling;
    else shown.insertBefore(match, place);
    adopt(match, target);
  }
  while (place) {
    const next = place.nextSibling;
    place.remove();
    place = next;
  }
}

function adopt(shown, wanted) {
  if (shown.nodeType !== 1) {
    if (shown.nodeValue !== wanted.nodeValue) shown.nodeValue = wanted.nodeValue;
    return;
  }
  for (const { name } of [...shown.attributes]) {
    const opened = name === "open" && shown.nodeName === "DETAILS"; // the reader opened it
    if (!wanted.hasAttribute(name) && !opened) shown.removeAttribute(name);
  }
  for (const { name, value } of [...wanted.attributes]) {
    if (shown.getAttribute(name) !== value) shown.setAttribute(name, value);
  }
  merge(shown, wanted);
}
