// Questions with choices: draws the scene, reports which choice was made. Decides nothing.

function made(tag, className, parent, html) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (html !== undefined) node.innerHTML = html;
  if (parent) parent.append(node);
  return node;
}

let panels = 0;

function render({ model, el }) {
  const root = made("section", "k8slab k8-panel", el);
  const group = `k8-questions-${++panels}`;

  function question(one, scene) {
    const field = made("fieldset", "k8-question", root);
    made("legend", "", field, scene.judged ? `${one.name}. ${one.text}` : one.text);
    one.choices.forEach((choice, place) => {
      const picked = one.chosen === place;
      const label = made("label", picked ? "k8-choice is-picked" : "k8-choice", field);
      const radio = made("input", "", label);
      radio.type = "radio";
      radio.name = `${group}-${one.name}`;
      radio.checked = picked;
      radio.dataset.key = `${one.name}-${place}`;
      radio.addEventListener("change", () => model.send({ press: "answer", question: one.name, choice: place }));
      made("span", "", label, `${choice.letter}) ${choice.text}`);
    });
    const answer = made("p", "k8-because", field);
    answer.setAttribute("role", "status");
    if (one.because) {
      if (one.right !== null) {
        answer.classList.add(one.right ? "is-right" : "is-wrong");
        made("strong", "", answer).textContent = `${one.right ? "✓" : "✗"} ${scene.words[one.right ? "right" : "wrong"]}`;
      }
      made("span", "", answer, one.because);
    }
  }

  function draw() {
    const scene = model.get("scene");
    if (!scene.questions) return;
    const focused = root.contains(document.activeElement) ? document.activeElement.dataset.key : "";
    root.replaceChildren();
    root.setAttribute("aria-label", scene.title);
    const head = made("div", "k8-head", root);
    made("h4", "", head).textContent = scene.title;
    if (scene.score) made("span", "k8-score", head).textContent = scene.score;
    for (const one of scene.questions) question(one, scene);
    if (scene.trouble) made("p", "k8-trouble", root).textContent = scene.trouble;
    if (focused) root.querySelector(`[data-key="${focused}"]`)?.focus();
  }

  model.on("change:scene", draw);
  draw();
  return () => model.off("change:scene", draw);
}

export default { render };
