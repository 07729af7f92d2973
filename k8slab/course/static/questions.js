// Questions with choices: draws the scene, reports which choice was made.

function render({ model, el: root }) {
  const region = panel(root, model, "questions");

  const because = (question, scene) => {
    const judged = question.right !== null;
    const kind = !judged ? "" : question.right ? "right" : "wrong";
    const node = el("p", { class: `because ${kind}`, role: "status" });
    if (judged) node.append(icon(question.right ? "check" : "cross"), el("strong", {}, scene.words[kind]));
    if (question.because) node.append(rich("span", question.because));
    return node;
  };

  return redrawn(model, region, (scene) => [
    el("div", { class: "top" }, el("div", { class: "name", role: "heading", "aria-level": 4 }, scene.title), el("span", { class: "muted" }, scene.score)),
    ...scene.questions.flatMap((question) => {
      const heading = scene.judged ? `${question.name}. ${question.text}` : question.text;
      const choose = (place) => model.send({ press: "answer", question: question.name, choice: place });
      return [choices(question, heading, choose), because(question, scene)];
    }),
  ]);
}

export default { render };
