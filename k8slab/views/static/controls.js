// The controls of the lab's own time: play, pause, step, speed.

const SPEEDS = [0.5, 1, 5, 20];

/** Choose a speed. */
function speedChoice(model) {
  const choose = (event) => model.send({ press: "speed", speed: Number(event.target.value) });
  const list = el("select", { "aria-label": say(model, "player.speed"), title: say(model, "player.speed"), onchange: choose });
  for (const speed of SPEEDS) list.append(el("option", { value: speed }, `${speed}×`));
  const update = () => (list.value = String(model.get("speed")));
  return { node: list, update };
}

/** Play, pause, step and speed of the lab's own time. */
function labControls(model) {
  const press = (name) => () => model.send({ press: name });
  const toggle = button(say(model, "player.play"), () => model.send({ press: model.get("playing") ? "pause" : "play" }), {
    image: "play",
    bare: true,
    kind: "main",
  });
  const step = button(say(model, "player.step"), press("step"), { image: "step", bare: true });
  const speed = speedChoice(model);
  const time = el("output", { class: "now" });
  const node = el("div", { class: "controls", role: "group", "aria-label": say(model, "player.group") }, time, toggle, step, speed.node);
  const update = () => {
    const playing = model.get("playing");
    relabel(toggle, say(model, playing ? "player.pause" : "player.play"), playing ? "pause" : "play");
    const bar = model.get("timebar");
    write(time, bar.time === undefined ? "" : `${bar.time.toFixed(1)} s`);
    step.hidden = !model.get("is_lab");
    speed.node.hidden = !model.get("is_lab");
    speed.update();
  };
  return { node, update };
}
