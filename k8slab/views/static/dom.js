// Small tools that stand in front of every widget's module: elements, keyed lists, words, icons, keyboard.

const SVG = "http://www.w3.org/2000/svg";
const STILL = globalThis.matchMedia?.("(prefers-reduced-motion: reduce)");

/** An element with attributes; `on…` functions become listeners, null and false leave an attribute away. */
function el(tag, attributes = {}, ...children) {
  return dress(document.createElement(tag), attributes, children);
}

/** The same for SVG. */
function draw(tag, attributes = {}, ...children) {
  return dress(document.createElementNS(SVG, tag), attributes, children);
}

function dress(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) set(node, name, value);
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

/** Set one attribute, only if it changes. */
function set(node, name, value) {
  if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
  else if (value === null || value === undefined || value === false) node.removeAttribute(name);
  else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value);
}

/** Set a text, only if it changes: an unchanged live region must stay silent. */
function write(node, text) {
  if (node.textContent !== String(text)) node.textContent = text;
}

/** Make the children of `parent` be those of `items`, each kept by its key, so that nothing moves that did not change. */
function keep(parent, items, keyOf, create, update) {
  const known = (parent._kept ??= new Map());
  const wanted = new Set(items.map(keyOf));
  for (const [key, node] of known) {
    if (!wanted.has(key)) {
      known.delete(key);
      node.remove();
    }
  }
  let place = parent.firstChild;
  for (const item of items) {
    const key = keyOf(item);
    let node = known.get(key);
    if (!node) known.set(key, (node = create(item)));
    const signature = JSON.stringify(item);
    if (node._signature !== signature) {
      node._signature = signature;
      update(node, item);
    }
    if (node === place) place = place.nextSibling;
    else parent.insertBefore(node, place);
  }
}

/** Return the sentence `key` with its fields filled in. */
function say(model, key, fields = {}) {
  const text = model.get("words")[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => fields[name] ?? whole);
}

const ICONS = {
  play: "M5 3l9 5-9 5z",
  pause: "M4 3h3v10H4zM9 3h3v10H9z",
  step: "M3 3l7 5-7 5zM11 3h2v10h-2z",
  back: "M10 3L5 8l5 5",
  forward: "M6 3l5 5-5 5",
  close: "M4 4l8 8M12 4l-8 8",
  check: "M3 8.5l3.5 3.5L13 4.5",
  cross: "M4 4l8 8M12 4l-8 8",
  wait: "M4 8h8",
  rewind: "M8 3a5 5 0 1 1-4.6 3M3 2.5V6h3.5",
};
const FILLED = new Set(["play", "pause", "step"]);

/** An inline icon, 16 px; it says nothing by itself. */
function icon(name) {
  const filled = FILLED.has(name);
  const style = filled ? { fill: "currentColor" } : { fill: "none", stroke: "currentColor", "stroke-width": 1.75 };
  const line = draw("path", { d: ICONS[name], "stroke-linecap": "round", "stroke-linejoin": "round", ...style });
  return draw("svg", { class: "icon", viewBox: "0 0 16 16", width: 16, height: 16, "aria-hidden": "true" }, line);
}

/** A button that says what it does. With an icon only, the label is its name and its tooltip. */
function button(label, press, { image = null, bare = false, kind = "" } = {}) {
  const node = el("button", { type: "button", class: `press ${kind}`, onclick: press });
  if (image) node.append(icon(image));
  if (bare) dress(node, { "aria-label": label, title: label, class: `press bare ${kind}` }, []);
  else node.append(el("span", {}, label));
  return node;
}

/** Give a bare button another icon and name. */
function relabel(node, label, image) {
  if (node.getAttribute("aria-label") === label) return;
  set(node, "aria-label", label);
  set(node, "title", label);
  node.replaceChildren(icon(image));
}

/** One tab stop for many: arrow keys, Home and End move among the elements that match. */
function roam(container, selector) {
  const all = () => [...container.querySelectorAll(selector)];
  const stop = (chosen) => all().forEach((node) => set(node, "tabindex", node === chosen ? 0 : -1));
  container.addEventListener("focusin", (event) => {
    const node = event.target.closest(selector);
    if (node) stop(node);
  });
  container.addEventListener("keydown", (event) => {
    const steps = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Home: -Infinity, End: Infinity };
    const nodes = all();
    const here = nodes.indexOf(document.activeElement?.closest?.(selector) ?? container.getRootNode().activeElement);
    if (!(event.key in steps) || here < 0) return;
    event.preventDefault();
    nodes[Math.min(nodes.length - 1, Math.max(0, here + steps[event.key]))].focus();
  });
  return () => {
    const nodes = all();
    if (nodes.length && !nodes.some((node) => node.tabIndex === 0)) set(nodes[0], "tabindex", 0);
  };
}

/** Call `redraw` once a frame, however many of the traits `names` have changed since. Returns what takes it away. */
function follow(model, names, redraw) {
  let asked = false, fresh = false;
  const arrive = () => (fresh = true);
  const ask = () => {
    if (asked) return;
    asked = true;
    // a hidden tab gets no animation frames, but must still hear of its last scene
    const next = document.hidden ? (work) => setTimeout(work, 100) : requestAnimationFrame;
    next(() => {
      asked = false;
      redraw();
      if (fresh) model.send({ press: "drawn" });
      fresh = false;
    });
  };
  // the kernel sends no further scene before it hears that the last ones were drawn
  model.on("change:scene", arrive);
  names.forEach((name) => model.on(`change:${name}`, ask));
  redraw();
  model.send({ press: "drawn" });
  return () => {
    model.off("change:scene", arrive);
    names.forEach((name) => model.off(`change:${name}`, ask));
  };
}

/** The frame of a widget: a named region with a live line for what the last click did. */
function frame(root, model, name, kind) {
  root.classList.add("k8slab-root");
  const dark = matchMedia("(prefers-color-scheme: dark)").matches && !document.body.dataset.jpThemeLight;
  const note = el("p", { class: "note", role: "status" });
  const region = el("section", { class: `k8slab ${kind}`, role: "region", "aria-label": say(model, name), lang: model.get("language") });
  if (dark) region.dataset.theme = "dark";
  root.append(region);
  return { region, note };
}
