// What both panels share: rich text, and a question with its choices. The tools are those of views/static/dom.js.

/** An element whose content is HTML that the course wrote (names from the lab come escaped). */
function rich(tag, html, attributes = {}) {
  const node = el(tag, attributes);
  node.innerHTML = html;
  return node;
}

/** A panel: a named region with a title, and trouble with the progress file where there is any. */
function panel(root, model, kind) {
  const region = el("section", { class: `k8slab panel ${kind}`, role: "region", lang: model.get("language") });
  if (matchMedia("(prefers-color-scheme: dark)").matches && !document.body.dataset.jpThemeLight) region.dataset.theme = "dark";
  root.append(region);
  return region;
}

let groups = 0;

/** A question: its choices as radio buttons. `choose(place)` is called with the place of a choice. */
function choices(question, heading, choose) {
  const name = `k8-question-${++groups}`;
  const field = el("fieldset", {}, rich("legend", heading));
  question.choices.forEach((choice, place) => {
    const picked = question.chosen === place;
    const radio = el("input", { type: "radio", name, onchange: () => choose(place), "data-key": `${question.name}-${place}` });
    radio.checked = picked;
    field.append(el("label", { class: picked ? "choice picked" : "choice" }, radio, rich("span", `${choice.letter}) ${choice.text}`)));
  });
  return field;
}

/** Draw anew when the scene changes, and leave the focus where it was. */
function redrawn(model, region, draw) {
  let drawn = "";
  return follow(model, ["scene"], () => {
    const scene = model.get("scene");
    const signature = JSON.stringify(scene);
    if (!scene.title || signature === drawn) return;
    drawn = signature;
    const inside = region.contains(document.activeElement) ? document.activeElement : region.getRootNode().activeElement;
    const focused = inside?.dataset?.key;
    region.replaceChildren(...draw(scene));
    if (scene.trouble) region.append(el("p", { class: "trouble", role: "alert" }, scene.trouble));
    region.setAttribute("aria-label", scene.title);
    if (focused) region.querySelector(`[data-key="${focused}"]`)?.focus();
  });
}
