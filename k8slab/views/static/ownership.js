// The ownership graph: layers from the owners down. Places come from Python (networkx); the browser only scales them.

const LAYER = 112, LINE = 20, TAB = [240, 48], CHIP = [80, 24], MARKS = { failed: "!", unknown: "?", done: "✓" };

function render({ model, el: root }) {
  const { region, note } = frame(root, model, "ownership.name", "ownership");
  const headline = el("div", { class: "headline", role: "heading", "aria-level": 3, "aria-live": "polite" });
  const svg = draw("svg", { class: "graph", role: "group" });
  const edges = draw("g", { "aria-hidden": "true" });
  const nodes = draw("g", { role: "list" });
  svg.append(edges, nodes);
  region.append(el("div", { class: "top" }, headline), note, el("div", { class: "scroll" }, svg));
  const settle = roam(nodes, ".object");
  const choose = (id) => {
    model.set("selected", model.get("selected") === id ? "" : id);
    model.save_changes();
  };
  svg.addEventListener("keydown", (event) => {
    const id = event.target.dataset?.id;
    if (id && (event.key === "Enter" || event.key === " ")) {
      event.preventDefault();
      choose(id);
    }
  });

  const redraw = () => {
    const scene = model.get("scene");
    const places = model.get("places");
    const selected = model.get("selected");
    write(headline, scene.message);
    const width = Math.round(region.clientWidth - 32) || 900;
    if (scene.nodes.some((node) => !places[node.id])) return; // the places come with the next change
    const rooms = roomsOf(scene.nodes, places);
    const style = getComputedStyle(region);
    const letter = (name) => style.getPropertyValue(`--k8-${name}`).trim();
    const fonts = { kind: `${letter("size-small")} ${letter("sans")}`, name: `${letter("weight-strong")} ${letter("size-small")} ${letter("mono")}` };
    const depth = Math.max(0, ...Object.values(places).map(([, layer]) => layer));
    const deep = Math.max(0, ...Object.values(places).map(([, , line]) => line));
    const sizeOf = (node) => {
      const room = rooms[`${places[node.id][1]} ${isChip(node)}`] * width;
      if (!isChip(node)) return [Math.max(44, Math.min(TAB[0], room - 12)), TAB[1]];
      const side = Math.max(6, Math.min(14, room - 4));
      return room < 40 ? [side, side] : [Math.min(CHIP[0], room - 6), CHIP[1]];
    };
    const at = {};
    for (const node of scene.nodes) {
      const [x, layer, line] = places[node.id];
      const [wide, high] = sizeOf(node);
      const middle = Math.min(Math.max(x * width, wide / 2), width - wide / 2);
      at[node.id] = { x: middle, y: 28 + layer * LAYER + line * LINE, wide, high, line };
    }
    const height = 56 + depth * LAYER + deep * LINE;
    set(svg, "viewBox", `0 0 ${width} ${height}`);
    set(svg, "width", width);
    set(svg, "height", height);
    const line = lineOf(scene, selected);
    keep(
      edges,
      byLight(scene.edges, line).filter((edge) => !at[edge.to].line).map((edge) => ({ ...edge, a: at[edge.from], b: at[edge.to], lit: line.has(edge.from) && line.has(edge.to) })),
      (edge) => `${edge.from} ${edge.to}`,
      () => draw("g", {}, draw("path", {}), draw("path", { class: "tip" })),
      (group, { a, b, controller, lit }) => {
        const [path, tip] = group.children;
        const top = a.y + a.high / 2, foot = b.y - b.high / 2, bend = (top + foot) / 2;
        set(group, "class", `edge ${controller ? "" : "weak"} ${lit ? "lit" : ""}`);
        set(path, "d", `M${a.x} ${top}V${bend}H${b.x}V${foot - 5}`);
        set(tip, "d", `M${b.x - 4} ${foot - 7}h8l-4 7z`);
      },
    );
    keep(
      nodes,
      scene.nodes.map((node) => ({ ...node, ...at[node.id], chosen: node.id === selected })),
      (node) => node.id,
      (node) => draw("g", { class: "object", role: "listitem", tabindex: -1, "data-id": node.id, onclick: () => choose(node.id) }),
      (group, node) => {
        set(group, "class", `object ${isChip(node) ? "chip" : "tab"} ${node.state} ${node.version} ${node.ghost ? "ghost" : ""} ${node.folded ? "folded" : ""}`);
        set(group, "aria-label", node.said);
        set(group, "aria-current", node.chosen ? "true" : null);
        set(group, "transform", `translate(${node.x - node.wide / 2} ${node.y - node.high / 2})`);
        group.replaceChildren(...(isChip(node) ? chipShapes(node) : tabShapes(node, fonts)));
      },
    );
    const chosen = scene.nodes.find((node) => node.id === selected);
    write(note, model.get("message") || chosen?.said || say(model, "ownership.hint"));
    settle();
  };
  const observer = new ResizeObserver(() => redraw());
  observer.observe(region);
  const leave = follow(model, ["scene", "places", "selected", "message"], redraw);
  return () => {
    observer.disconnect();
    leave();
  };
}

/** Lit edges last, so that they lie on top where several share a trunk. */
const byLight = (edges, line) => {
  const lit = (edge) => line.has(edge.from) && line.has(edge.to);
  return [...edges.filter((edge) => !lit(edge)), ...edges.filter(lit)];
};

const isChip = (node) => node.kind === "Pod" && !node.ghost;

/** How much of the width a chip or a tab of each layer has: all are as wide as the narrowest seat. */
function roomsOf(nodes, places) {
  const rooms = {};
  for (const node of nodes) {
    const [, layer, , room] = places[node.id];
    const key = `${layer} ${isChip(node)}`;
    rooms[key] = Math.min(rooms[key] ?? 1, room);
  }
  return rooms;
}

const pen = document.createElement("canvas").getContext("2d");
/** *text*, its middle left out if it is wider than *room* px in *font* (names differ at their ends). */
function fit(text, room, font) {
  pen.font = font;
  if (pen.measureText(text).width <= room) return text;
  for (let most = text.length - 1; most > 1; most--) {
    const short = `${text.slice(0, Math.ceil(most / 2))}…${text.slice(text.length - Math.floor(most / 2))}`;
    if (pen.measureText(short).width <= room) return short;
  }
  return "…";
}

/** The object, all its owners and all that it owns. */
function lineOf(scene, id) {
  const line = new Set();
  if (!id) return line;
  const up = (node) => {
    line.add(node);
    scene.edges.filter((edge) => edge.to === node && !line.has(edge.from)).forEach((edge) => up(edge.from));
  };
  const down = (node) => {
    line.add(node);
    scene.edges.filter((edge) => edge.from === node && !line.has(edge.to)).forEach((edge) => down(edge.to));
  };
  up(id);
  scene.edges.filter((edge) => edge.from === id).forEach((edge) => down(edge.to));
  return line;
}

function chipShapes({ wide, high, label, revision, state }) {
  const title = draw("title", {});
  const small = wide === high;
  const radius = small ? 3 : 11;
  const body = draw("rect", { class: "body", x: 0.75, y: 0.75, width: wide - 1.5, height: high - 1.5, rx: radius });
  if (small) return state === "failed" ? [title, body, draw("path", { class: "cross", d: `M${wide * 0.3} ${wide * 0.3}L${wide * 0.7} ${wide * 0.7}M${wide * 0.7} ${wide * 0.3}L${wide * 0.3} ${wide * 0.7}` })] : [title, body];
  const half = state === "running" ? draw("path", { class: "half", d: `M18 ${high / 2}H${wide - 1.5}v${high / 4}q0 ${high / 4 - 1.5} -9 ${high / 4 - 1.5}H18z` }) : null;
  const band = draw("path", { class: "band", d: `M18 0H11Q0 0 0 ${high / 2}Q0 ${high} 11 ${high}H18z` });
  const number = draw("text", { class: "number", x: 9.5, y: high / 2, dy: "0.35em", "text-anchor": "middle" }, revision.slice(-2));
  const room = Math.floor((wide - 26) / 6.7);
  const tail = draw("text", { class: "tail", x: 23, y: high / 2, dy: "0.35em" }, label.slice(-room));
  const mark = MARKS[state] ? draw("text", { class: "mark", x: wide - 7, y: high / 2, dy: "0.35em", "text-anchor": "end" }, MARKS[state]) : null;
  return [title, body, half, band, number, tail, mark].filter(Boolean);
}

function tabShapes({ wide, high, kind, name, label, said, version, folded }, fonts) {
  const room = wide - 28;
  const shapes = [draw("title", {}, said), draw("rect", { class: "body", x: 0.5, y: 0.5, width: wide - 1, height: high - 1, rx: 8 })];
  if (version) shapes.push(draw("rect", { class: `side ${version}`, x: 8, y: 9, width: 4, height: high - 18, rx: 2 }));
  const words = [kind, ...label.split(", ").filter(Boolean)];
  while (words.length > 1 && fit(words.join(", "), room, fonts.kind) !== words.join(", ")) words.pop();
  shapes.push(draw("text", { class: "kind", x: 18, y: high / 2 - 10, dy: "0.35em" }, fit(words.join(", "), room, fonts.kind)));
  shapes.push(draw("text", { class: "name", x: 18, y: high / 2 + 10, dy: "0.35em" }, fit(name, room, folded ? fonts.kind : fonts.name)));
  return shapes;
}

export default { render };
