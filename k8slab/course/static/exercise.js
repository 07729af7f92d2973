// An exercise: draws the scene, reports which button was pressed. Decides nothing.

const MARKS = { passed: "✓", "not-started": "○", "not-yet": "…", stuck: "!" };

function made(tag, className, parent, html) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (html !== undefined) node.innerHTML = html;
  if (parent) parent.append(node);
  return node;
}

function note(className, shown, parent) {
  if (!shown) return;
  const box = made("div", `k8-note ${className}`, parent);
  made("strong", "", box).textContent = shown.title;
  made("div", "", box, shown.html);
}

function choices(scene, model, parent) {
  const field = made("fieldset", "k8-choices", parent);
  made("legend", "", field).textContent = scene.words.choices;
  scene.question.choices.forEach((choice, place) => {
    const label = made("label", "k8-choice", field);
    const radio = made("input", "", label);
    radio.type = "radio";
    radio.name = `${model.cid ?? ""}${scene.name}`;
    radio.checked = scene.question.chosen === place;
    radio.addEventListener("change", () => model.send({ press: "answer", choice: choice.letter }));
    made("span", "", label, `${choice.letter}) ${choice.text}`);
  });
}

function render({ model, el }) {
  const root = made("section", "k8slab k8-panel", el);
  let drawn = "";

  function draw() {
    const scene = model.get("scene");
    if (!scene.name || JSON.stringify(scene) === drawn) return;
    const focused = root.contains(document.activeElement) ? document.activeElement.dataset.key : "";
    drawn = JSON.stringify(scene);
    root.replaceChildren();
    root.setAttribute("aria-label", scene.title);
    made("h4", "", root).textContent = scene.title;
    made("p", "k8-task", root, scene.task);
    if (scene.question) choices(scene, model, root);
    const buttons = made("div", "k8-buttons", root);
    for (const press of scene.question ? ["hint", "solution"] : ["check", "hint", "solution"]) {
      const button = made("button", press === "check" ? "k8-main" : "", buttons);
      button.type = "button";
      button.dataset.key = press;
      button.textContent = scene.words[`button.${press}`];
      button.addEventListener("click", () => model.send({ press }));
    }
    const result = made("div", `k8-result is-${scene.status}`, root);
    result.setAttribute("role", "status");
    const line = made("p", "", result);
    made("span", "k8-mark", line).textContent = MARKS[scene.status];
    made("strong", "", line).textContent = scene.label;
    made("span", "", line, scene.sentence);
    if (scene.lines.length) {
      const list = made("ul", "", result);
      for (const one of scene.lines) {
        const item = made("li", one.passed ? "holds" : "fails", list);
        const mark = made("span", "k8-mark", item);
        mark.textContent = one.passed ? "✓" : "✗";
        mark.setAttribute("aria-label", one.passed ? scene.words.holds : scene.words.fails);
        mark.setAttribute("role", "img");
        made("span", "", item, one.html);
      }
    }
    note("is-hint", scene.hint, root);
    note("is-solution", scene.solution, root);
    if (scene.trouble) made("p", "k8-trouble", root).textContent = scene.trouble;
    if (focused) root.querySelector(`[data-key="${focused}"]`)?.focus();
  }

  model.on("change:scene", draw);
  draw();
  return () => model.off("change:scene", draw);
}

export default { render };
