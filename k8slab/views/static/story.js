// The story of one Pod: facts, why it is where it is, containers, conditions, what happened.

function storyPanel(model) {
  const title = el("div", { class: "title", role: "heading", "aria-level": 4 });
  const shut = button(say(model, "story.close"), () => choose(""), { image: "close", bare: true });
  const kill = button(say(model, "board.kill"), () => model.send({ press: "kill", name: model.get("selected") }), { kind: "danger" });
  const body = el("div", { class: "columns" });
  const head = el("div", { class: "head" }, title, kill, shut);
  const node = el("aside", { class: "story", "aria-label": say(model, "story.name") }, head, body);
  const choose = (key) => {
    model.set("selected", key);
    model.save_changes();
  };
  node.addEventListener("keydown", (event) => event.key === "Escape" && choose(""));
  let told = "";
  const update = () => {
    const story = model.get("story");
    node.hidden = !model.get("selected");
    const text = JSON.stringify(story);
    if (text === told) return;
    told = text;
    const held = kill.getRootNode().activeElement === kill;
    if (story.gone) {
      write(title, story.gone);
      kill.hidden = true;
      if (held) shut.focus(); // who works by keyboard must not be thrown back to the top of the page
      body.replaceChildren();
      return;
    }
    if (!story.chip) return;
    const live = model.get("timebar").live ?? true;
    kill.hidden = !live || story.chip.state === "terminating";
    if (held && kill.hidden) shut.focus();
    write(title, story.chip.name);
    const state = el("p", { class: `state ${story.chip.state}` }, `${story.chip.status}, ${say(model, `state.${story.chip.state}`)}`);
    body.replaceChildren(
      el("div", {}, state, facts(story.facts), part(model, "story.why", list(story.why))),
      el("div", {}, part(model, "story.containers", containers(model, story.containers)), part(model, "story.conditions", conditions(story.conditions))),
      el("div", {}, part(model, "story.events", happened(model, story.events))),
    );
  };
  return { node, update, choose };
}

const part = (model, name, ...children) => el("div", { class: "part" }, el("div", { class: "name", role: "heading", "aria-level": 5 }, say(model, name)), ...children);
const list = (sentences) => el("ul", {}, ...sentences.map((sentence) => el("li", {}, sentence)));
const facts = (pairs) => el("dl", {}, ...pairs.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]));

function containers(model, found) {
  return el(
    "ul",
    { class: "containers" },
    ...found.map((one) =>
      el(
        "li",
        {},
        el("span", { class: `box ${one.ready ? "ready" : ""}`, "aria-hidden": "true" }),
        el("span", { class: "mono" }, one.name),
        el("span", {}, one.state),
        one.restarts ? el("span", { class: "muted" }, say(model, "story.restarts", { restarts: one.restarts })) : null,
        el("span", { class: "mono muted wide" }, one.image),
        one.message ? el("span", { class: "muted wide" }, one.message) : null,
        one.last ? el("span", { class: "muted wide" }, one.last) : null,
      ),
    ),
  );
}

function conditions(found) {
  const images = { True: "check", False: "cross" };
  return el(
    "ul",
    { class: "conditions" },
    ...found.map((one) => {
      const mark = el("span", { class: `sign ${one.status}`, role: "img", "aria-label": one.status }, icon(images[one.status] ?? "wait"));
      return el("li", { title: one.message || null }, mark, el("span", {}, one.type), el("span", { class: "muted" }, [one.reason, one.since].filter(Boolean).join(", ")));
    }),
  );
}

function happened(model, events) {
  if (!events.length) return el("p", { class: "muted" }, say(model, "story.no-events"));
  return el(
    "ol",
    { class: "happened" },
    ...events.map((one) =>
      el(
        "li",
        { class: one.type === "Warning" ? "warning" : "" },
        el("span", { class: "when" }, one.time),
        el("span", {}, el("b", {}, one.reason), one.count > 1 ? ` ×${one.count}` : "", el("span", { class: "muted block" }, one.message)),
      ),
    ),
  );
}
