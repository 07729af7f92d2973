// The cluster board: draws a scene, reports clicks, decides nothing.

/** A Pod as a chip: a band with its revision, the end of its name, a shape for its state. */
function makeChip(model, key) {
  const band = el("span", { class: "band", "aria-hidden": "true" });
  const tail = el("span", { class: "tail", "aria-hidden": "true" });
  const mark = el("span", { class: "mark", "aria-hidden": "true" });
  const restarts = el("span", { class: "restarts", "aria-hidden": "true" });
  const choose = () => {
    model.set("selected", model.get("selected") === key ? "" : key);
    model.save_changes();
  };
  const node = el("button", { type: "button", class: "pod", tabindex: -1, "data-key": key, onclick: choose }, band, tail, mark, restarts);
  node._parts = { band, tail, mark, restarts };
  return node;
}

const MARKS = { failed: "!", unknown: "?", done: "✓" };

function dressChip(node, chip) {
  const { band, tail, mark, restarts } = node._parts;
  set(node, "data-state", chip.state);
  set(node, "data-version", chip.version);
  set(node, "aria-label", chip.said);
  set(node, "title", chip.said);
  write(band, chip.revision.slice(-2));
  write(tail, chip.tail);
  write(mark, MARKS[chip.state] ?? "");
  write(restarts, chip.restarts ? Math.min(99, chip.restarts) : "");
}

/** The seats of a node: a Pod keeps its seat, an empty one stays where it is. */
function fillSeats(model, list, pods) {
  const seats = [];
  for (const chip of pods) seats[chip.slot] = chip;
  const items = Array.from(seats, (chip, slot) => ({ slot, chip: chip ?? null }));
  keep(
    list,
    items,
    (item) => item.slot,
    () => el("li", { class: "seat" }),
    (seat, { chip }) => {
      const here = seat.querySelector(".pod:not(.leaving)");
      if (here && here.dataset.key !== chip?.key) leave(here);
      set(seat, "role", chip ? null : "presentation");
      if (!chip) return;
      let node = seat.querySelector(".pod:not(.leaving)");
      if (!node) seat.append((node = makeChip(model, chip.key)));
      dressChip(node, chip);
    },
  );
}

function leave(node) {
  if (STILL?.matches) return node.remove();
  node.classList.add("leaving");
  set(node, "aria-hidden", "true");
  set(node, "tabindex", -1);
  setTimeout(() => node.remove(), 260);
}

function makeNode(model, card) {
  const seats = el("ul", { class: "seats" });
  const name = el("span", { class: "name" }, card.name);
  const words = el("span", { class: "words" });
  const bar = el("span", { class: "fill" });
  const cpu = el("span", { class: "cpu" });
  const empty = el("p", { class: "muted empty" }, say(model, "board.no-pods"));
  const press = (verb) => () => model.send({ press: verb, name: card.name });
  const cordon = el("button", { type: "button", class: "press quiet" });
  const power = el("button", { type: "button", class: "press quiet" });
  cordon.addEventListener("click", () => press(cordon.dataset.verb)());
  power.addEventListener("click", () => press(power.dataset.verb)());
  const node = el(
    "li",
    { class: "card node" },
    el("div", { class: "head" }, name, words),
    el("div", { class: "gauge", "aria-hidden": "true" }, el("span", { class: "bar" }, bar), cpu),
    seats,
    empty,
    el("div", { class: "buttons" }, cordon, power),
  );
  node._parts = { seats, words, bar, cpu, empty, cordon, power, settle: roam(seats, ".pod:not(.leaving)") };
  return node;
}

function verbButton(model, node, verb, name) {
  node.dataset.verb = verb;
  write(node, say(model, `board.${verb}`));
  set(node, "aria-label", say(model, `board.${verb}.of`, { name }));
  set(node, "title", say(model, `board.${verb}.of`, { name }));
}

function dressNode(model, node, card) {
  const { seats, words, bar, cpu, empty, cordon, power, settle } = node._parts;
  set(node, "aria-label", card.said);
  set(node, "data-state", card.state);
  const said = [card.state === "ready" ? "" : say(model, `node.${card.state}`), card.cordoned ? say(model, "board.cordoned-word") : ""];
  write(words, said.filter(Boolean).join(", "));
  bar.style.width = `${Math.min(100, card.cpu.share * 100)}%`;
  set(bar, "data-full", card.cpu.share > 0.9);
  write(cpu, `CPU ${card.cpu.text}`);
  fillSeats(model, seats, card.pods);
  empty.hidden = card.pods.length > 0;
  verbButton(model, cordon, card.cordoned ? "uncordon" : "cordon", card.name);
  verbButton(model, power, card.state === "ready" ? "stop" : "start", card.name);
  settle();
}

/** A Deployment with its ReplicaSets as rows of beads, one bead a Pod. */
function makeTab() {
  const node = el("li", { class: "card tab" }, el("div", { class: "head" }), el("ul", { class: "sets" }));
  return node;
}

function dressTab(model, node, tab) {
  const [head, sets] = node.children;
  set(node, "aria-label", tab.said);
  if (tab.kind) {
    const ready = say(model, "board.ready-of", { ready: tab.ready, replicas: tab.replicas });
    const paused = tab.paused ? `, ${say(model, "board.paused-rollout")}` : "";
    head.replaceChildren(el("span", { class: "muted" }, tab.kind), el("span", { class: "name" }, tab.name), el("span", { class: "words muted" }, ready + paused));
  } else head.replaceChildren(el("span", { class: "name" }, tab.said));
  keep(
    sets,
    tab.replica_sets.slice(-4),
    (row) => row.key,
    () => el("li", {}, el("span", { class: "revision", "aria-hidden": "true" }), el("span", { class: "mono" }), el("span", { class: "beads", "aria-hidden": "true" }), el("span", { class: "muted count" })),
    (line, row) => {
      const [revision, name, beads, count] = line.children;
      set(line, "aria-label", row.said);
      set(revision, "data-version", row.version);
      write(revision, row.revision);
      write(name, row.name);
      write(count, say(model, "board.ready-of", { ready: row.ready, replicas: row.replicas }));
      keep(beads, row.beads.slice(0, 40), (bead) => bead.key, () => el("i", {}), (bead, { state }) => {
        set(bead, "data-state", state);
        set(bead, "data-version", row.version);
      });
    },
  );
}

function render({ model, el: root }) {
  const { region, note } = frame(root, model, "board.name", "board");
  const headline = el("div", { class: "headline", role: "heading", "aria-level": 3, "aria-live": "polite" });
  const controls = labControls(model);
  const writes = el("span", {});
  const past = el("div", { class: "past" }, icon("rewind"), el("div", {}, el("div", {}, say(model, "timebar.looking")), writes));
  const owners = el("ul", { class: "owners", "aria-label": say(model, "board.owners") });
  const nodes = el("ul", { class: "nodes", "aria-label": say(model, "board.nodes") });
  const seats = el("ul", { class: "seats" });
  const nobody = el("span", { class: "muted" }, say(model, "board.nobody"));
  const tray = el("div", { class: "tray" }, el("span", { class: "name" }, say(model, "board.waiting")), nobody, seats);
  const settleTray = roam(seats, ".pod:not(.leaving)");
  const bar = timeBar(model);
  const story = storyPanel(model);
  region.append(el("div", { class: "top" }, headline, controls.node), note, past, owners, nodes, tray, bar.node, story.node);

  const redraw = () => {
    const scene = model.get("scene");
    const selected = model.get("selected");
    const states = new Map();
    for (const card of scene.nodes) for (const chip of card.pods) states.set(chip.key, chip.state);
    for (const chip of scene.unplaced) states.set(chip.key, chip.state);
    const looking = model.get("timebar").live === false;
    set(region, "data-past", looking);
    set(region, "data-crowded", scene.crowded);
    past.hidden = !looking;
    const written = model.get("timebar").writes ?? [];
    write(writes, written.length ? `${say(model, "timebar.written")} ${written.join("; ")}` : "");
    write(headline, scene.message);
    write(note, model.get("message") || (states.size && !selected ? say(model, "story.empty") : ""));
    const tabs = scene.deployments.map((tab) => ({
      ...tab,
      replica_sets: tab.replica_sets.map((row) => ({ ...row, beads: row.pods.map((key) => ({ key, state: states.get(key) })) })),
    }));
    keep(owners, tabs, (tab) => tab.kind + tab.key, makeTab, (node, tab) => dressTab(model, node, tab));
    keep(nodes, scene.nodes, (card) => card.name, (card) => makeNode(model, card), (node, card) => dressNode(model, node, card));
    set(tray, "data-empty", !scene.unplaced.length);
    nobody.hidden = scene.unplaced.length > 0;
    tray.hidden = !scene.nodes.length && !scene.unplaced.length;
    fillSeats(model, seats, scene.unplaced);
    settleTray();
    for (const node of region.querySelectorAll(".node .buttons")) node.hidden = looking;
    for (const node of region.querySelectorAll(".node .buttons button:last-child")) node.hidden = !model.get("is_lab");
    for (const chip of region.querySelectorAll('.pod[aria-pressed="true"]')) if (chip.dataset.key !== selected) set(chip, "aria-pressed", null);
    if (selected) for (const chip of region.querySelectorAll(`.pod[data-key="${CSS.escape(selected)}"]`)) set(chip, "aria-pressed", "true");
    controls.update();
    bar.update();
    story.update();
  };
  return follow(model, ["scene", "timebar", "story", "selected", "playing", "speed", "message"], redraw);
}

export default { render };
