// The rule document as the designer changes it: plain data in, plain data out, nothing drawn.

export const LOCKS = {
  day: { final: true }, streak: { final: true, full_attendance: true }, punch: { arrived: true },
};
export const PERIODIC = ["period", "rank"];
const SCALE = { fen: 100, bp: 100, milli: 1000, half: 2 };

export const shown = (value, unit) => (value === null || value === undefined ? "" : String(value / (SCALE[unit] || 1)));
export function stored(text, unit) {
  if (text.trim() === "" || !Number.isFinite(Number(text))) return null;
  return Math.round(Number(text) * (SCALE[unit] || 1));
}

export function condition(fact) {
  if (fact.type === "bool") return true;
  if (fact.options.length) return { in: [fact.options[0].value] };
  if (fact.type === "text") return { "=": "" };
  return fact.unit === "min" ? { range: [0, 15] } : { ">=": 0 };
}

export function outcome(kind, texts) {
  return {
    amount: { amount_fen: 5000 },
    rate: { rate_bp: 1000, of: "subsidy_fen" },
    none: { none: { zh: texts.nothing_zh, en: texts.nothing_en } },
    points: { half_points: 2 },
    tag: { tag: { zh: texts.tag_zh, en: texts.tag_en } },
    task: { task: { zh: texts.task_zh, en: texts.task_en } },
  }[kind];
}

const MONEY = ["amount_fen", "rate_bp", "of", "none"];

// Money is one thing or another; points, tags and tasks stand beside it.
export function granted(before, added) {
  const next = { ...before };
  if (Object.keys(added).some((key) => MONEY.includes(key))) for (const key of MONEY) delete next[key];
  return { ...next, ...added };
}

export function emptyRow(rows) {
  const taken = new Set(rows.map((row) => row.id));
  let number = rows.length + 1;
  while (taken.has(`row_${number}`)) number += 1;
  return { id: `row_${number}`, when: {}, outcome: {}, text: { zh: "", en: "" } };
}

// What follows from the choice of when the rule speaks and which way it goes.
export function settle(rule) {
  for (const [name, value] of Object.entries(LOCKS[rule.grain] || {})) rule.when[name] = value;
  if (rule.effect === "deduction") rule.account = "subsidy";
  else if (rule.account === "subsidy") rule.account = "pending";
  if (["streak", "count"].includes(rule.grain)) rule.every ??= rule.grain === "streak" ? 10 : 3;
  else delete rule.every;
  if (rule.grain === "count") rule.counts ??= "late_month_count";
  else delete rule.counts;
  if (rule.grain === "rank") rule.pool ??= { by: "period_score_milli", share_bp: 2000 };
  else delete rule.pool;
  return rule;
}

export const slug = (text) => {
  const plain = text.toLowerCase().replace(/[^a-z0-9]+/g, "_").replace(/^_+|_+$/g, "").slice(0, 60);
  return /^[a-z]/.test(plain) ? plain : "";
};

export function moved(list, from, to) {
  const next = [...list];
  const [one] = next.splice(from, 1);
  next.splice(Math.max(0, Math.min(to, next.length)), 0, one);
  return next;
}
