// An exercise: draws the scene, reports which button was pressed.

const STATES = { passed: "check", "not-started": "wait", "not-yet": "wait", stuck: "cross" };

function render({ model, el: root }) {
  const region = panel(root, model, "exercise");

  const pressed = (scene, press, kind = "") => {
    const node = button(scene.words[`button.${press}`], () => model.send({ press }), { kind });
    node.dataset.key = press;
    return node;
  };

  const note = (shown, kind) =>
    shown ? el("div", { class: `said ${kind}` }, el("strong", {}, shown.title), rich("div", shown.html)) : null;

  return redrawn(model, region, (scene) => {
    const question = scene.question && { ...scene.question, name: scene.name };
    const asked = question && choices(question, question.text, (place) => model.send({ press: "answer", choice: question.choices[place].letter }));
    const buttons = [question ? null : pressed(scene, "check", "main"), pressed(scene, "hint"), pressed(scene, "solution")];
    const result = el(
      "div",
      { class: `result ${scene.status}`, role: "status" },
      el("p", {}, icon(STATES[scene.status]), el("strong", {}, scene.label), rich("span", scene.sentence)),
    );
    if (scene.lines.length && !question) {
      const items = scene.lines.map((line) => {
        const mark = icon(line.passed ? "check" : "cross");
        dress(mark, { role: "img", "aria-hidden": null, "aria-label": scene.words[line.passed ? "holds" : "fails"] }, []);
        return el("li", { class: line.passed ? "holds" : "fails" }, mark, rich("span", line.html));
      });
      result.append(el("ul", {}, ...items));
    }
    return [
      el("div", { class: "name", role: "heading", "aria-level": 4 }, scene.title),
      rich("p", scene.task, { class: "task" }),
      asked,
      el("div", { class: "controls" }, ...buttons),
      result,
      note(scene.hint, "hint"),
      note(scene.solution, "solution"),
    ].filter(Boolean);
  });
}

export default { render };
