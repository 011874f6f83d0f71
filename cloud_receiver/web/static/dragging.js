// Dragging by mouse, pen and finger alike, with pointer events: what may be dragged carries
// data-drag, where it may be let go carries data-zone; the owner decides what a drop means.
const BEGIN_PX = 5, EDGE_PX = 70, SCROLL_PX = 10, CLICK_WITHIN_MS = 60;

export function dragging(root, { fits, drop }) {
  let held = null;

  root.addEventListener("pointerdown", (event) => {
    const source = event.target.closest("[data-drag]");
    if (!source || event.button || event.target.closest("input, select, textarea, .x")) return;
    held = { source, x: event.clientX, y: event.clientY, id: event.pointerId, moving: false };
  });
  window.addEventListener("pointermove", (event) => {
    if (!held || event.pointerId !== held.id) return;
    if (!held.moving && Math.hypot(event.clientX - held.x, event.clientY - held.y) < BEGIN_PX) return;
    if (!held.moving) begin();
    follow(event);
  });
  window.addEventListener("pointerup", (event) => {
    if (held?.moving && event.pointerId === held.id) {
      follow(event);
      const { source, zone, place } = held;
      end();
      swallow();
      if (zone) drop(source, zone, place);
    } else held = null;
  });
  window.addEventListener("pointercancel", end);
  window.addEventListener("keydown", (event) => { if (event.key === "Escape") end(); });

  function scroll() { // as long as what is dragged is held at an edge of the window
    if (!held?.moving) return;
    if (held.edge) scrollBy(0, held.edge * SCROLL_PX);
    requestAnimationFrame(scroll);
  }

  function begin() {
    held.moving = true;
    const box = held.source.getBoundingClientRect();
    held.ghost = held.source.cloneNode(true);
    held.ghost.classList.add("ghost");
    held.ghost.style.width = `${box.width}px`;
    root.append(held.ghost);
    held.source.classList.add("held");
    root.classList.add("dragging");
    requestAnimationFrame(scroll);
    for (const zone of root.querySelectorAll("[data-zone]")) zone.classList.toggle("open", fits(held.source, zone));
  }

  function follow(event) {
    held.ghost.style.transform = `translate(${event.clientX + 8}px, ${event.clientY + 8}px)`;
    held.edge = event.clientY < EDGE_PX ? -1 : event.clientY > innerHeight - EDGE_PX ? 1 : 0;
    let zone = document.elementFromPoint(event.clientX, event.clientY)?.closest("[data-zone]");
    while (zone && !fits(held.source, zone)) zone = zone.parentElement.closest("[data-zone]");
    held.zone?.classList.remove("over");
    held.zone = zone || null;
    zone?.classList.add("over");
    held.place = zone ? placeIn(zone, event.clientY) : 0;
    mark(zone);
  }

  // Before which of the zone's own items the thing would come to stand.
  function placeIn(zone, y) {
    const items = [...zone.children].filter((one) => one.matches("[data-item]") && one !== held.source);
    const after = items.findIndex((one) => y < one.getBoundingClientRect().top + one.offsetHeight / 2);
    return after < 0 ? items.length : after;
  }

  function mark(zone) {
    root.querySelectorAll(".before, .after").forEach((one) => one.classList.remove("before", "after"));
    if (!zone || zone.dataset.zone !== "rows") return;
    const items = [...zone.children].filter((one) => one.matches("[data-item]") && one !== held.source);
    if (items[held.place]) items[held.place].classList.add("before");
    else items.at(-1)?.classList.add("after");
  }

  function end() {
    if (held?.moving) {
      held.ghost.remove();
      held.source.classList.remove("held");
      root.classList.remove("dragging");
      root.querySelectorAll(".open, .over, .before, .after").forEach((one) =>
        one.classList.remove("open", "over", "before", "after"));
    }
    held = null;
  }

  function swallow() { // the click that follows a drag is none
    const stop = (event) => { event.stopPropagation(); event.preventDefault(); };
    window.addEventListener("click", stop, { capture: true, once: true });
    setTimeout(() => window.removeEventListener("click", stop, { capture: true }), CLICK_WITHIN_MS);
  }
}
