// A part of a page that follows the data. New content is merged into what is shown, so that
// focus, selection, scrolling and opened details stay where they are; what is new and has a
// data-key gets the class "fresh" for a moment.
export default {
  template: `<div></div>`,
  props: { content: String },
  mounted() {
    this.$el.innerHTML = this.content;
    this.$el.addEventListener("click", (event) => this.click(event));
    this.$el.addEventListener("change", (event) => this.change(event));
    this.$el.addEventListener("submit", (event) => this.submit(event));
  },
  watch: {
    content(text) {
      const wanted = document.createElement("div");
      wanted.innerHTML = text;
      merge(this.$el, wanted);
      this.$el.removeAttribute("aria-busy");
    },
  },
  methods: {
    act(act, value) {
      this.$el.setAttribute("aria-busy", "true"); // until the answer is drawn
      clearTimeout(this.patience);
      this.patience = setTimeout(() => this.$el.removeAttribute("aria-busy"), 8000);
      this.$emit("act", { act, value });
    },
    click(event) {
      const found = event.target.closest("[data-act]");
      if (!found || event.metaKey || event.ctrlKey || event.shiftKey) return;
      event.preventDefault();
      this.act(found.dataset.act, found.dataset.value || "");
    },
    change(event) {
      const name = event.target.dataset.change;
      if (name) this.act(name, event.target.value);
    },
    submit(event) {
      const name = event.target.dataset.submit;
      if (!name) return;
      event.preventDefault();
      this.act(name, JSON.stringify(Object.fromEntries(new FormData(event.target))));
    },
  },
};

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
