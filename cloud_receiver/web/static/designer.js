// The rule designer: blocks are dragged (or clicked, or reached by keyboard) from the palette into
// rows; every row reads as a sentence the server writes; what is wrong is said while one works.
// It owns nothing but the document being made: saving, checking and counting are the server's.
import { dragging } from "./dragging.js";
import * as made from "./document.js";

const CHECK_AFTER_MS = 250;
const h = (tag, attributes = {}, ...children) => {
  const one = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) one.addEventListener(name.slice(2), value);
    else if (value === true) one.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) one.setAttribute(name, value);
  }
  one.append(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false && child !== 0));
  return one;
};
const icon = (name) => h("i", { class: "icon", "aria-hidden": "true", translate: "no" }, name);

class Designer extends HTMLElement {
  connectedCallback() {
    if (this.rule) return;
    this.setup = JSON.parse(this.dataset.setup);
    this.words = this.setup.texts;
    this.facts = Object.fromEntries(this.setup.facts.map((fact) => [fact.name, fact]));
    this.rule = made.settle(structuredClone(this.setup.document));
    if (!(this.rule.effective_from >= this.setup.tomorrow)) this.rule.effective_from = this.setup.tomorrow;
    this.active = -1; // the row that a click in the palette adds to; -1: the rule's own conditions
    this.past = [];
    this.future = [];
    this.tried = {};
    this.written = { rows: {}, message: !this.setup.saved };
    this.setup.saved || this.write();
    this.draw();
    dragging(this, { fits: (source, zone) => this.fits(source, zone), drop: (...args) => this.drop(...args) });
    this.addEventListener("keydown", (event) => this.key(event));
    this.check();
  }

  // ---- changes ----
  change(how, { redraw = true } = {}) {
    this.past.push(JSON.stringify(this.rule));
    this.future = [];
    how(this.rule);
    made.settle(this.rule);
    if (redraw) this.draw();
    this.later();
  }

  step(from, to) {
    if (!from.length) return;
    to.push(JSON.stringify(this.rule));
    this.rule = JSON.parse(from.pop());
    this.draw();
    this.later();
  }

  later() {
    this.dataset.state = "checking";
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.check(), CHECK_AFTER_MS);
  }

  write() { // the message people get, until somebody writes another
    if (this.written.message) this.rule.message = { ...this.setup.messages[this.rule.effect] };
  }

  fits(source, zone) {
    const [kind, what] = source.dataset.drag.split(":");
    if (kind === "row") return zone.dataset.zone === "rows";
    if (zone.dataset.zone === "rows") return true; // a block let go between rows makes a row
    if (kind === "outcome") return zone.dataset.zone.startsWith("then:");
    const locked = (made.LOCKS[this.rule.grain] || {})[what];
    return zone.dataset.zone.startsWith("when:") && !(locked && zone.dataset.zone !== "when:-1");
  }

  drop(source, zone, place) {
    const [kind, what, from] = source.dataset.drag.split(":");
    const [where, index] = zone.dataset.zone.split(":");
    if (kind === "row" && what !== "new") {
      return this.change((rule) => { rule.rows = made.moved(rule.rows, Number(what), place); });
    }
    let target = Number(index);
    this.change((rule) => {
      if (where === "rows") {
        rule.rows.splice(place, 0, made.emptyRow(rule.rows));
        target = place;
      }
      if (kind === "row") this.active = target;
      else this.put(rule, kind, what, target, from);
    });
  }

  put(rule, kind, what, target, from) {
    if (kind === "outcome") {
      if (target < 0) target = rule.rows.length - 1;
      if (target < 0) rule.rows.push(made.emptyRow(rule.rows)), target = 0;
      rule.rows[target].outcome = made.granted(rule.rows[target].outcome, made.outcome(what, this.words));
    } else {
      let value = made.condition(this.facts[what]);
      if (from !== undefined) {
        const old = this.whenOf(rule, Number(from));
        value = old[what];
        delete old[what];
      }
      const when = this.whenOf(rule, target);
      when[what] ??= value;
      if (from !== undefined) when[what] = value;
    }
    this.active = target;
    this.announce(kind === "outcome" ? this.words[`then_${what}`] : this.facts[what].label);
  }

  whenOf(rule, index) { return index < 0 ? rule.when : rule.rows[index].when; }

  announce(text) { this.querySelector("[aria-live=polite]").textContent = `${this.words.added}: ${text}`; }

  key(event) {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z" && !event.target.matches("input, textarea")) {
      event.preventDefault();
      if (event.shiftKey) this.step(this.future, this.past);
      else this.step(this.past, this.future);
    }
    const grip = event.target.closest(".grip");
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (grip && by) {
      event.preventDefault();
      const from = Number(grip.dataset.row), to = from + by;
      if (to < 0 || to >= this.rule.rows.length) return;
      this.change((rule) => { rule.rows = made.moved(rule.rows, from, to); });
      this.querySelector(`.grip[data-row="${to}"]`).focus();
      this.querySelector("[aria-live=polite]").textContent = `${this.words.row} ${to + 1}`;
    }
  }

  // ---- the server's part ----
  async ask(address, body) {
    const answer = await fetch(address, {
      method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body),
    });
    return answer.json();
  }

  async check() {
    const number = (this.turn = (this.turn || 0) + 1);
    const said = await this.ask("/rules/check", { document: this.rule, facts: this.tried });
    if (number !== this.turn) return;
    said.rows.forEach((text, index) => { // a row's text follows its sentence until it is written by hand
      const row = this.rule.rows[index];
      if (!row) return;
      if (!row.text.zh || this.written.rows[row.id] === row.text.zh) row.text = text;
      this.written.rows[row.id] = text.zh;
    });
    this.said = said;
    this.show();
    this.dataset.state = said.problems.length ? "wrong" : "sound";
    this.dispatchEvent(new CustomEvent("checked", { bubbles: true, detail: { sound: !said.problems.length } }));
  }

  show() { // what the server said, without touching what is being typed in
    const language = this.setup.language;
    this.querySelectorAll("[data-sentence]").forEach((one) => {
      const text = this.said.rows[Number(one.dataset.sentence)];
      one.textContent = text ? text[language] : "";
    });
    this.querySelector(".lint").replaceChildren(...this.lint());
    this.querySelector(".try-said").replaceChildren(...this.trial());
    const known = this.said.facts.join();
    if (known !== this.known) {
      this.known = known;
      this.querySelector(".try-facts").replaceChildren(...this.said.facts.map((name) => this.tryFact(name)));
    }
  }

  lint() {
    const { problems, hints } = this.said;
    if (!problems.length && !hints.length) return [h("li", { class: "good" }, icon("check_circle"), this.words.sound)];
    return [
      ...problems.map((text) => h("li", { class: "bad" }, icon("error"), h("span", {}, text))),
      ...hints.map((text, number) => h("li", { class: "warn" }, icon("tips_and_updates"), h("span", {}, text),
        number < this.said.failed.length && h("button", { type: "button", class: "button slim", onclick: () =>
          this.change((rule) => { rule.examples.splice(this.said.failed[number], 1); }) }, this.words.drop_example))),
    ];
  }

  trial() {
    const { trial } = this.said;
    const keep = h("button", { type: "button", class: "button slim", onclick: () => this.keepExample() }, icon("bookmark_add"), this.words.keep_example);
    if (!trial) return [h("p", { class: "muted" }, this.words.no_hit), this.said.facts.length && !this.said.problems.length && keep].filter(Boolean);
    return [h("p", { class: `amount ${trial.amount_fen < 0 ? "bad" : trial.amount_fen > 0 ? "good" : "muted"}` }, trial.amount),
      h("p", {}, trial.row), trial.message && h("p", { class: "quote" }, trial.message), keep].filter(Boolean);
  }

  keepExample() { // the day being tried, with what the rule says of it, is checked at every change from now on
    const { trial, values } = this.said;
    const expect = trial ? { row: trial.row_id, amount_fen: trial.amount_fen } : null;
    this.change((rule) => { rule.examples = [...(rule.examples || []), { facts: values, expect }]; }, { redraw: false });
  }

  async save(how) {
    const said = await this.ask("/rules/save", { document: this.rule, how });
    const place = this.querySelector(".saved");
    place.textContent = said.text;
    place.className = `saved ${said.ok ? "good" : "bad"}`;
    if (said.href) location.href = said.href;
  }

  async rehearse() {
    const place = this.querySelector(".rehearsal");
    place.setAttribute("aria-busy", "true");
    const said = await this.ask("/rules/rehearse", { document: this.rule });
    this.history = said.html; // drawn and escaped by the server
    place.innerHTML = this.history;
    place.removeAttribute("aria-busy");
  }
}

// ---- drawing ----
Object.assign(Designer.prototype, {
  draw() {
    const focus = this.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    const opened = [...this.querySelectorAll("details[data-key][open]")].map((one) => one.dataset.key);
    this.known = null;
    this.replaceChildren(
      h("div", { class: "unseen", "aria-live": "polite" }),
      this.palette(),
      h("div", { class: "stack" }, this.about(), this.table(), this.message(), this.finer()),
      this.side(),
    );
    for (const key of opened) this.querySelector(`details[data-key="${key}"]`)?.setAttribute("open", "");
    if (this.said) this.show();
    if (this.history) this.querySelector(".rehearsal").innerHTML = this.history;
    if (focus) this.querySelector(`[data-key="${focus}"]`)?.focus();
  },

  palette() {
    const groups = this.setup.groups.map(({ label, facts }) => {
      const blocks = facts.filter((name) => this.offered(this.facts[name])).map((name) =>
        this.block(`fact:${name}`, this.facts[name].label, "help_center", "cond"));
      return blocks.length ? h("div", {}, h("h2", {}, label), h("div", { class: "blocks" }, blocks)) : null;
    });
    const pictures = { amount: "payments", rate: "percent", none: "block", points: "stars", tag: "sell", task: "school" };
    const outcomes = this.setup.outcomes.map((kind) =>
      this.block(`outcome:${kind}`, this.words[`then_${kind}`], pictures[kind], "then"));
    return h("section", { class: "card palette", "aria-label": this.words.palette },
      h("p", { class: "small muted" }, this.words.palette_hint),
      h("div", {}, h("h2", {}, this.words.then), h("div", { class: "blocks" }, outcomes,
        this.block("row:new", this.words.new_row, "add", "dashed"))),
      groups);
  },

  offered(fact) {
    return !fact.of_period || made.PERIODIC.includes(this.rule.grain);
  },

  block(drag, text, picture, look) {
    return h("button", { type: "button", class: `brick ${look}`, "data-drag": drag, "data-key": `palette-${drag}`,
      onclick: () => this.click(drag) }, icon(picture), text);
  },

  click(drag) {
    const [kind, what] = drag.split(":");
    this.change((rule) => {
      if (kind === "row") {
        rule.rows.push(made.emptyRow(rule.rows));
        this.active = rule.rows.length - 1;
      } else this.put(rule, kind, what, Math.min(this.active, rule.rows.length - 1));
    });
  },

  field(label, control, class_ = "") { return h("label", { class: `field ${class_}` }, label, control); },

  text(key, value, write, more = {}) {
    return h("input", { value, "data-key": key, ...more,
      onchange: (event) => this.change((rule) => write(rule, event.target.value.trim()), { redraw: false }) });
  },

  choice(key, options, chosen, write, more = {}) {
    return h("select", { "data-key": key, ...more, onchange: (event) => this.change((rule) => write(rule, event.target.value)) },
      options.map(({ value, label }) => h("option", { value, selected: value === chosen }, label)));
  },

  about() {
    const { rule, words, setup } = this;
    const name = (language) => this.text(`name-${language}`, rule.name[language], (one, text) => {
      one.name[language] = text;
      if (language === "en" && !setup.saved) one.id = made.slug(text) || one.id;
    });
    const grain = setup.grains.find((one) => one.value === rule.grain);
    const accounts = setup.accounts.filter(({ value }) => value !== "subsidy");
    return h("section", { class: "card" }, h("div", { class: "card-head" }, h("h2", {}, words.about)),
      h("div", { class: "card-body stack" },
        h("div", { class: "fields" }, this.field(words.name_zh, name("zh")), this.field(words.name_en, name("en"))),
        h("div", { class: "fields" },
          this.field(words.effect, this.choice("effect", setup.effects, rule.effect, (one, value) => { one.effect = value; made.settle(one); this.write(); })),
          rule.effect === "reward" && this.field(words.account, this.choice("account", accounts, rule.account, (one, value) => { one.account = value; })),
          this.field(words.grain, this.choice("grain", setup.grains, rule.grain, (one, value) => { this.unlock(one); one.grain = value; })),
          rule.every && this.field(words[`every_${rule.grain}`], this.number("every", rule.every, "", (one, value) => { one.every = value || 1; })),
          rule.counts && this.field(words.counts, this.choice("counts", setup.counted, rule.counts, (one, value) => { one.counts = value; })),
          rule.pool && this.poolFields()),
        h("p", { class: "small muted" }, grain?.help || ""),
        h("fieldset", { class: "scope" }, h("legend", { class: "small muted" }, words.scope),
          setup.scenes.map(({ value, label }) => this.tick(`scene-${value}`, label, (rule.scope?.scenes || []).includes(value),
            (one, on) => { one.scope = this.listed(one.scope, "scenes", value, on); })))));
  },

  poolFields() {
    const { rule, words, setup } = this;
    return [
      this.field(words.pool_by, this.choice("pool-by", setup.ranked, rule.pool.by, (one, value) => { one.pool.by = value; })),
      this.field(words.pool_end, this.choice("pool-end", setup.ends, rule.pool.end || "top", (one, value) => { one.pool.end = value; })),
      this.field(words.pool_share, this.number("pool-share", rule.pool.share_bp, "bp", (one, value) => { one.pool.share_bp = value || 1; })),
      this.field(words.pool_rounding, this.choice("pool-rounding", setup.roundings, rule.pool.rounding || "ceil", (one, value) => { one.pool.rounding = value; })),
      this.field(words.pool_ties, this.choice("pool-ties", setup.ties, rule.pool.ties || "include", (one, value) => { one.pool.ties = value; })),
    ];
  },

  unlock(rule) {
    for (const name of Object.keys(made.LOCKS[rule.grain] || {})) delete rule.when[name];
  },

  listed(scope, list, value, on) {
    const next = { ...(scope || {}) };
    next[list] = (next[list] || []).filter((one) => one !== value);
    if (on) next[list].push(value);
    if (!next[list].length) delete next[list];
    return next;
  },

  tick(key, label, checked, write) {
    return h("label", { class: "tick" }, h("input", { type: "checkbox", checked, "data-key": key,
      onchange: (event) => this.change((rule) => write(rule, event.target.checked)) }), label);
  },

  number(key, value, unit, write, label) {
    return h("input", { type: "number", step: "any", inputmode: "decimal", value: made.shown(value, unit), "data-key": key, "aria-label": label,
      oninput: (event) => this.change((rule) => write(rule, made.stored(event.target.value, unit)), { redraw: false }) });
  },

  table() {
    const { rule, words } = this;
    return h("section", { class: "card" },
      h("div", { class: "card-head" }, h("h2", {}, words.table),
        h("div", { class: "row" },
          h("button", { type: "button", class: "button slim", disabled: !this.past.length, onclick: () => this.step(this.past, this.future), "aria-label": words.undo }, icon("undo")),
          h("button", { type: "button", class: "button slim", disabled: !this.future.length, onclick: () => this.step(this.future, this.past), "aria-label": words.redo }, icon("redo")))),
      h("div", { class: "card-body stack" },
        h("div", { class: `lane ${this.active === -1 ? "active" : ""}`, onclick: () => this.choose(-1) },
          h("b", { class: "small" }, words.given), this.zone(-1, rule.when)),
        h("ol", { class: "lines", "data-zone": "rows" }, rule.rows.map((row, index) => this.line(row, index)),
          h("li", { class: "hint" }, icon("playlist_add"), rule.rows.length ? words.drop_more : words.drop_first))));
  },

  choose(index) {
    if (this.active === index) return;
    this.active = index;
    this.querySelectorAll(".active").forEach((one) => one.classList.remove("active"));
    this.querySelector(index < 0 ? ".lane" : `.line[data-index="${index}"]`)?.classList.add("active");
  },

  zone(index, when) {
    const chips = Object.entries(when).map(([name, condition]) => this.chip(index, name, condition));
    return h("div", { class: "zone", "data-zone": `when:${index}` },
      chips.length ? chips : h("span", { class: "muted small" }, index < 0 ? this.words.always : this.words.drop_condition));
  },

  line(row, index) {
    const { words } = this;
    return h("li", { class: `line ${this.active === index ? "active" : ""}`, "data-item": true, "data-index": index, "data-drag": `row:${index}`,
      onfocusin: () => this.choose(index), onclick: () => this.choose(index) },
      h("button", { type: "button", class: "grip", "data-row": index, "aria-label": `${words.row} ${index + 1}: ${words.grip}`, title: words.grip }, icon("drag_indicator"), String(index + 1)),
      h("div", { class: "line-in" },
        h("div", { class: "line-blocks" }, this.zone(index, row.when), icon("arrow_forward"),
          h("div", { class: "zone then", "data-zone": `then:${index}` }, this.outcome(row, index))),
        h("p", { class: "sentence", "data-sentence": index })),
      h("button", { type: "button", class: "x", "aria-label": `${words.remove} ${words.row} ${index + 1}`,
        onclick: (event) => { event.stopPropagation(); this.change((rule) => { rule.rows.splice(index, 1); this.active = -1; }); } }, icon("delete_outline")));
  },

  chip(index, name, condition) {
    const fact = this.facts[name];
    const locked = index < 0 && (made.LOCKS[this.rule.grain] || {})[name];
    const set = (value) => (rule) => { this.whenOf(rule, index)[name] = value; };
    return h("span", { class: "cond-chip", "data-drag": locked ? null : `fact:${name}:${index}` },
      h("b", {}, fact ? fact.label : name), fact ? this.asked(`${index}-${name}`, fact, condition, set, index) : null,
      locked ? icon("lock") : h("button", { type: "button", class: "x", "aria-label": `${this.words.remove} ${fact.label}`,
        onclick: () => this.change((rule) => { delete this.whenOf(rule, index)[name]; }) }, "×"));
  },

  asked(key, fact, condition, set, index) {
    const { words } = this, label = fact.label;
    if (fact.type === "bool") {
      return h("select", { "data-key": key, "aria-label": label, onchange: (event) => this.change(set(event.target.value === "true")) },
        h("option", { value: "true", selected: condition }, words.yes), h("option", { value: "false", selected: !condition }, words.no));
    }
    if (fact.options.length) {
      const chosen = condition.in || [condition["="]];
      const ticks = fact.options.map(({ value, label: text }) => h("label", { class: "tick" }, h("input", { type: "checkbox", checked: chosen.includes(value),
        onchange: (event) => this.change(set({ in: fact.options.map((one) => one.value).filter((one) => (one === value ? event.target.checked : chosen.includes(one))) })) }), text));
      const names = fact.options.filter((one) => chosen.includes(one.value)).map((one) => one.label).join("、");
      return h("details", { "data-key": key, class: "pick" }, h("summary", {}, names || "…"), ticks);
    }
    if (fact.type === "text") return this.text(key, condition["="] ?? "", (rule, text) => set({ "=": text })(rule), { "aria-label": label });
    return this.measure(key, fact, condition, set, index);
  },

  measure(key, fact, condition, set, index) {
    const { words } = this;
    const kind = Object.keys(condition)[0], unit = h("span", { class: "muted" }, words[`unit_${fact.unit}`] || "");
    const kinds = ["range", ">=", "="].map((value) => ({ value, label: words[`op_${value}`] }));
    const turned = { range: (n) => ({ range: [n ?? 0, null] }), ">=": (n) => ({ ">=": n ?? 0 }), "=": (n) => ({ "=": n ?? 0 }) };
    const first = kind === "range" ? condition.range[0] : condition[kind];
    const choose = h("select", { "data-key": `${key}-op`, "aria-label": `${fact.label} ${words.operator}`,
      onchange: (event) => this.change(set(turned[event.target.value](first))) },
      kinds.map(({ value, label }) => h("option", { value, selected: value === kind }, label)));
    if (kind !== "range") {
      return [choose, this.number(key, first, fact.unit, (rule, value) => set({ [kind]: value ?? 0 })(rule), fact.label), unit];
    }
    const bound = (at) => (rule, value) => {
      const range = [...this.whenOf(rule, index)[fact.name].range];
      range[at] = value;
      set({ range })(rule);
    };
    return [choose, this.number(`${key}-low`, condition.range[0], fact.unit, bound(0), `${fact.label} ${words.over}`),
      h("span", { class: "muted" }, words.to), this.number(`${key}-high`, condition.range[1], fact.unit, bound(1), `${fact.label} ${words.up_to}`), unit];
  },

  outcome(row, index) {
    const { words } = this, grant = row.outcome, parts = [];
    const set = (more) => (rule) => { Object.assign(rule.rows[index].outcome, more); };
    const drop = (...keys) => h("button", { type: "button", class: "x", "aria-label": words.remove,
      onclick: () => this.change((rule) => { for (const key of keys) delete rule.rows[index].outcome[key]; }) }, "×");
    const sign = this.rule.effect === "deduction" ? words.take : words.give;
    const part = (...inside) => parts.push(h("span", { class: "then-chip" }, ...inside));
    if (grant.amount_fen !== undefined) part(h("b", {}, sign), this.number(`amount-${index}`, grant.amount_fen, "fen", (rule, value) => set({ amount_fen: value ?? 0 })(rule), words.then_amount), words.unit_fen, drop("amount_fen"));
    if (grant.rate_bp !== undefined) {
      part(h("b", {}, sign), this.choice(`of-${index}`, this.setup.money, grant.of, (rule, value) => set({ of: value })(rule), { "aria-label": words.of }),
        this.number(`rate-${index}`, grant.rate_bp, "bp", (rule, value) => set({ rate_bp: value ?? 0 })(rule), words.then_rate), "%", drop("rate_bp", "of"));
    }
    if (grant.half_points !== undefined) part(h("b", {}, words.then_points), this.number(`points-${index}`, grant.half_points, "half", (rule, value) => set({ half_points: value ?? 0 })(rule), words.then_points), drop("half_points"));
    for (const key of ["none", "tag", "task"]) {
      if (!grant[key]) continue;
      const language = this.setup.language;
      part(h("b", {}, words[`then_${key}`]), this.text(`${key}-${index}`, grant[key][language], (rule, text) => {
        const before = rule.rows[index].outcome[key], other = language === "zh" ? "en" : "zh";
        rule.rows[index].outcome[key] = { ...before, [language]: text, [other]: before[other] || text };
      }, { "aria-label": words[`then_${key}`], class: "wide" }), drop(key));
    }
    return parts.length ? parts : h("span", { class: "muted small" }, words.drop_outcome);
  },

  message() {
    const { rule, words } = this;
    const box = (language) => h("textarea", { rows: 2, "data-key": `message-${language}`, onchange: (event) => {
      this.written.message = false;
      this.change((one) => { one.message[language] = event.target.value; }, { redraw: false });
    } }, rule.message[language]);
    return h("section", { class: "card" }, h("div", { class: "card-head" }, h("h2", {}, words.message)),
      h("div", { class: "card-body stack tight" }, this.field(words.message_zh, box("zh")), this.field(words.message_en, box("en")),
        h("div", { class: "blocks" }, this.setup.fields.map(({ value, label }) => h("button", { type: "button", class: "brick", onclick: () => this.insert(value) }, `{${label}}`)))));
  },

  insert(name) {
    const box = this.querySelector(`[data-key="message-${this.setup.language}"]`);
    box.setRangeText(`{${name}}`, box.selectionStart, box.selectionEnd, "end");
    box.dispatchEvent(new Event("change"));
    box.focus();
  },

  finer() {
    const { rule, words, setup } = this;
    return h("details", { class: "card", "data-key": "finer" }, h("summary", { class: "card-head" }, words.finer),
      h("div", { class: "card-body stack tight" },
        h("div", { class: "fields" },
          this.field(words.group, h("input", { value: rule.group || "", list: "rule-groups", "data-key": "group", onchange: (event) => this.change((one) => {
            if (event.target.value.trim()) one.group = event.target.value.trim(); else delete one.group; }, { redraw: false }) })),
          h("datalist", { id: "rule-groups" }, setup.exclusive.map((value) => h("option", { value }))),
          this.field(words.priority, this.number("priority", rule.priority || 0, "", (one, value) => { one.priority = value || 0; })),
          this.field(words.cap, this.number("cap", rule.cap?.amount_fen, "fen", (one, value) => { if (value) one.cap = { ...one.cap, amount_fen: value }; else delete one.cap; })),
          rule.effect === "reward" && this.field(words.sticky, this.number("sticky", rule.sticky_days, "", (one, value) => { if (value === null) delete one.sticky_days; else one.sticky_days = value; })),
          this.field(words.id, this.text("id", rule.id, (one, text) => { one.id = text; }, { disabled: setup.saved }))),
        h("p", { class: "small muted" }, words.finer_hint)));
  },

  side() {
    const { words, setup } = this;
    return h("aside", { class: "stack" },
      h("section", { class: "card" }, h("div", { class: "card-head" }, h("h2", {}, words.lint)), h("ul", { class: "lint card-body stack tight", "aria-live": "polite" })),
      h("section", { class: "card" }, h("div", { class: "card-head" }, h("h2", {}, words.try_it)),
        h("div", { class: "card-body stack tight" }, h("p", { class: "small muted" }, words.try_hint), h("div", { class: "try-facts" }),
          h("div", { class: "try-said", "aria-live": "polite" }))),
      setup.steps.length && h("section", { class: "card" }, h("div", { class: "card-head" }, h("h2", {}, words.rehearsal),
        h("button", { type: "button", class: "button slim", onclick: () => this.rehearse() }, icon("play_arrow"), words.rehearse)),
        h("div", { class: "card-body rehearsal" }, h("p", { class: "small muted" }, words.rehearsal_hint))),
      setup.steps.length && h("section", { class: "card card-body stack tight" },
        this.field(words.effective, h("input", { type: "date", value: this.rule.effective_from, min: setup.tomorrow, "data-key": "effective",
          onchange: (event) => this.change((rule) => { rule.effective_from = event.target.value; }, { redraw: false }) })),
        h("div", { class: "row" }, setup.steps.map(({ how, label, main }) =>
          h("button", { type: "button", class: `button ${main ? "main" : ""}`, "data-key": `save-${how}`, onclick: () => this.save(how) }, label))),
        h("p", { class: "saved", role: "status" }), h("p", { class: "small muted" }, words.publish_hint)));
  },

  tryFact(name) {
    const fact = this.facts[name], value = this.tried[name] ?? this.said.values[name] ?? fact.default;
    const set = (next) => { this.tried[name] = next; this.later(); };
    if (fact.type === "bool") return h("label", { class: "tick" }, h("input", { type: "checkbox", checked: value, onchange: (event) => set(event.target.checked) }), fact.label);
    if (fact.options.length) {
      return this.field(fact.label, h("select", { onchange: (event) => set(event.target.value) },
        h("option", { value: "" }, "—"), fact.options.map((one) => h("option", { value: one.value, selected: one.value === value }, one.label))));
    }
    if (fact.type === "text") return this.field(fact.label, h("input", { value, onchange: (event) => set(event.target.value) }));
    return this.field(`${fact.label} ${this.words[`unit_${fact.unit}`] ? `(${this.words[`unit_${fact.unit}`]})` : ""}`,
      h("input", { type: "number", value: made.shown(value, fact.unit), oninput: (event) => set(made.stored(event.target.value, fact.unit) ?? 0) }));
  },
});

customElements.define("daka-designer", Designer);
