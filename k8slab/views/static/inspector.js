// The object inspector: YAML with signs for what changed since the last look.

function render({ model, el: root }) {
  const { region, note } = frame(root, model, "object.name", "inspector");
  const headline = el("div", { class: "headline", role: "heading", "aria-level": 3, "aria-live": "polite" });
  const choose = (name) => (event) => {
    model.set(name, event.target.value);
    if (name === "kind") model.set("name", "");
    model.save_changes();
  };
  const kind = el("select", { "aria-label": say(model, "object.kind"), onchange: choose("kind") });
  const name = el("select", { "aria-label": say(model, "object.which"), onchange: choose("name") });
  const seen = button(say(model, "object.seen"), () => model.send({ press: "seen" }), { image: "check" });
  const changes = el("ul", { class: "changes mono", "aria-label": say(model, "object.changes") });
  const lines = el("div", { class: "lines mono", role: "list" });
  const text = el("div", { class: "yaml", tabindex: 0, role: "region", "aria-label": say(model, "object.name") }, lines);
  region.append(el("div", { class: "top" }, headline, el("div", { class: "controls" }, kind, name, seen)), note, changes, text);
  const options = (list, values, chosen) => {
    if (values.join("\n") !== [...list.options].map((option) => option.value).join("\n")) list.replaceChildren(...values.map((value) => el("option", { value }, value)));
    list.value = chosen;
  };
  const SIGNS = { added: "+", removed: "−", same: "" };
  const redraw = () => {
    const scene = model.get("scene");
    write(headline, scene.message);
    write(note, model.get("message"));
    options(kind, model.get("kinds"), model.get("kind"));
    options(name, model.get("names"), model.get("name"));
    seen.disabled = !scene.changes.length;
    keep(changes, scene.changes.slice(0, 12), (change) => change, (change) => el("li", {}, change), () => {});
    changes.hidden = !scene.changes.length;
    keep(
      lines,
      scene.lines.map((line, number) => ({ ...line, number })),
      (line) => line.number,
      () => el("div", { role: "listitem" }, el("span", { class: "sign", "aria-hidden": "true" }), el("span", { class: "words" })),
      (row, line) => {
        set(row, "class", `line ${line.change}`);
        write(row.firstChild, SIGNS[line.change]);
        write(row.lastChild, line.text);
        set(row, "aria-label", line.change === "same" ? null : `${say(model, `object.${line.change}`)}: ${line.text.trim()}`);
      },
    );
  };
  return follow(model, ["scene", "kinds", "names", "kind", "name", "message"], redraw);
}

export default { render };
