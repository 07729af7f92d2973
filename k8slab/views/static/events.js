// The event stream: a table that follows its end, as long as the reader stands at its end.

function render({ model, el: root }) {
  const { region, note } = frame(root, model, "events.name", "events");
  const headline = el("div", { class: "headline", role: "heading", "aria-level": 3 });
  const kinds = el("select", { onchange: (event) => choose("kind", event.target.value) });
  const only = el("input", { type: "checkbox", onchange: (event) => choose("warnings_only", event.target.checked) });
  const choose = (name, value) => {
    model.set(name, value);
    model.save_changes();
  };
  const refresh = button(say(model, "view.refresh"), () => model.send({ press: "refresh" }), { kind: "quiet" });
  const filters = el(
    "div",
    { class: "controls" },
    el("label", {}, el("span", { class: "muted" }, say(model, "events.kind")), kinds),
    el("label", {}, only, el("span", {}, say(model, "events.warnings"))),
    refresh,
  );
  const names = ["time", "reason", "object", "text"];
  const head = el("thead", {}, el("tr", {}, ...names.map((name) => el("th", { scope: "col", class: name }, say(model, `events.${name}`)))));
  const rows = el("tbody", {});
  const none = el("p", { class: "muted empty" });
  const list = el("div", { class: "list", tabindex: 0, role: "log", "aria-live": "off", "aria-label": say(model, "events.name") }, el("table", {}, head, rows), none);
  region.append(el("div", { class: "top" }, headline, filters), note, list);

  const redraw = () => {
    const scene = model.get("scene");
    const kind = model.get("kind");
    const warnings = model.get("warnings_only");
    write(headline, scene.message);
    write(note, model.get("message"));
    const offered = ["", ...scene.kinds];
    if (offered.join() !== [...kinds.options].map((option) => option.value).join())
      kinds.replaceChildren(...offered.map((name) => el("option", { value: name }, name || say(model, "events.all"))));
    kinds.value = kind;
    only.checked = warnings;
    const shown = scene.events.filter((line) => (!kind || line.object.startsWith(`${kind}/`)) && (!warnings || line.type === "Warning"));
    const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
    keep(
      rows,
      shown,
      (line) => line.key,
      () => el("tr", {}, ...names.map((name) => el("td", { class: name }))),
      (row, line) => {
        const [time, reason, object, text] = row.children;
        set(row, "class", line.type === "Warning" ? "warning" : "");
        write(time, line.time);
        write(reason, (line.type === "Warning" ? "! " : "") + line.reason);
        set(reason, "title", `${line.type}, ${line.source}`);
        write(object, line.object);
        const times = line.count > 1 ? el("span", { class: "muted" }, ` (${say(model, "events.times", { count: line.count })})`) : "";
        text.replaceChildren(line.message, times);
      },
    );
    none.hidden = shown.length > 0;
    write(none, scene.events.length ? say(model, "events.none") : scene.message);
    if (atEnd) list.scrollTop = list.scrollHeight;
  };
  return follow(model, ["scene", "kind", "warnings_only", "message"], redraw);
}

export default { render };
