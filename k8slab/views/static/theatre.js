// The rollout theatre: settings and buttons above, the record with its player below.

const REPLAY_SECONDS = 12; // a whole record plays in about this long at 5×

function sliderFor(model, name, most, unit) {
  const label = say(model, `theatre.${name}`);
  const value = el("span", { class: "value" });
  const input = el("input", {
    type: "range",
    class: "slider",
    min: 0,
    max: most,
    step: 1,
    "aria-label": `${label}: ${say(model, `theatre.${name}.hint`)}`,
    oninput: (event) => {
      show(Number(event.target.value));
      model.send({ press: "set", name, value: Number(event.target.value) });
    },
  });
  const hint = el("span", { class: "muted hint" }, say(model, `theatre.${name}.hint`));
  const node = el("label", { class: "setting" }, el("span", { class: "head" }, el("span", { class: label.startsWith("max") ? "mono" : "word" }, label), value), input, hint);
  const show = (number) => {
    const words = say(model, unit, { value: number });
    write(value, words);
    set(input, "aria-valuetext", words);
    input.style.setProperty("--at", `${(Math.min(number, most) / most) * 100}%`);
  };
  const update = () => {
    const number = model.get("settings")[name] ?? 0;
    if (Number(input.value) !== number) input.value = number;
    show(number);
  };
  return { node, update };
}

function render({ model, el: root }) {
  const { region, note } = frame(root, model, "theatre.name", "theatre");
  const headline = el("div", { class: "headline", role: "heading", "aria-level": 3, "aria-live": "polite" });
  const press = (name) => () => model.send({ press: name });
  const sliders = [
    sliderFor(model, "surge", 5, "theatre.pods"),
    sliderFor(model, "unavailable", 5, "theatre.pods"),
    sliderFor(model, "delay", 15, "theatre.seconds"),
    sliderFor(model, "grace", 30, "theatre.seconds"),
  ];
  const settings = el("div", { class: "settings", role: "group", "aria-label": say(model, "theatre.settings") }, ...sliders.map((one) => one.node));
  const roll = button(say(model, "theatre.roll"), press("roll"), { kind: "main" });
  const bad = button(say(model, "theatre.bad"), press("bad"), { kind: "danger" });
  const undo = button(say(model, "theatre.undo"), press("undo"), { image: "rewind" });
  const hold = button(say(model, "theatre.pause"), () => model.send({ press: model.get("running") ? "pause" : "go-on" }), { kind: "quiet" });
  const speed = speedChoice(model);
  const buttons = el("div", { class: "buttons" }, roll, bad, undo, hold, speed.node);
  const svg = draw("svg", { class: "lanes", role: "img" });
  const caption = el("p", { class: "muted caption" });
  const empty = el("p", { class: "muted empty" }, say(model, "theatre.empty"));
  const player = recordPlayer(model);
  region.append(el("div", { class: "top" }, headline), note, settings, buttons, svg, empty, caption, player.node);

  let move = null;
  let drawn = "";
  let cursor = null; // null: at the end, where the lab is
  const redraw = () => {
    const scene = model.get("scene");
    const running = model.get("running");
    const isLab = model.get("is_lab");
    sliders.forEach((one) => one.update());
    speed.update();
    for (const node of [roll, bad, undo, settings, speed.node]) node.hidden = !isLab;
    hold.hidden = !isLab;
    write(hold.lastChild, say(model, running ? "theatre.pause" : "theatre.go-on"));
    write(note, model.get("message"));
    const filled = Boolean(scene.rows?.length);
    for (const node of [svg, player.node]) node.hidden = !filled;
    svg.style.display = filled ? "block" : "none";
    empty.hidden = filled || !isLab;
    caption.hidden = !filled || !scene.requests;
    if (!filled) return write(headline, scene.message ?? "");
    if (running) cursor = null;
    const width = Math.round(region.clientWidth - 32) || 900;
    const signature = `${width} ${scene.start} ${scene.end} ${scene.said} ${scene.steps.length} ${scene.marks.length}`;
    if (signature !== drawn) {
      drawn = signature;
      move = drawLanes(model, svg, scene, width);
      set(svg, "aria-label", scene.said);
    }
    write(caption, scene.requests?.caption ?? "");
    place();
  };
  const place = () => {
    const scene = model.get("scene");
    const time = cursor ?? scene.end;
    move?.(time);
    const number = scene.steps.findLastIndex((step) => step.time <= time + 1e-9);
    const step = scene.steps[Math.max(0, number)];
    write(headline, cursor === null && !model.get("running") ? scene.message : (step?.message ?? scene.message));
    player.update(scene, time, Math.max(0, number));
  };
  player.onmove = (time) => {
    cursor = time;
    place();
  };
  const observer = new ResizeObserver(() => redraw());
  observer.observe(region);
  const leave = follow(model, ["scene", "settings", "running", "speed", "message"], redraw);
  return () => {
    observer.disconnect();
    player.stop();
    leave();
  };
}

/** Play, step and scrub what was recorded: the kernel is not asked. */
function recordPlayer(model) {
  let frame = 0, last = 0, now = null, scene = null;
  const self = { onmove: () => {} };
  const toggle = button(say(model, "player.play"), () => (frame ? self.stop() : start()), { image: "play", bare: true });
  const back = button(say(model, "theatre.back"), () => hop(-1), { image: "back", bare: true });
  const forward = button(say(model, "theatre.forward"), () => hop(1), { image: "forward", bare: true });
  const scrub = el("input", { type: "range", class: "slider", step: "any", "aria-label": say(model, "theatre.scrub"), oninput: (event) => go(Number(event.target.value)) });
  const said = el("output", { class: "said muted" });
  self.node = el("div", { class: "record", role: "group", "aria-label": say(model, "theatre.record") }, toggle, back, forward, scrub, said);
  const go = (time) => {
    self.stop();
    self.onmove(time);
  };
  const hop = (direction) => {
    const at = scene.steps.findLastIndex((step) => step.time <= now + 1e-9);
    go(scene.steps[Math.min(scene.steps.length - 1, Math.max(0, at + direction))].time);
  };
  const start = () => {
    if (now >= scene.end - 1e-9) now = scene.start;
    last = performance.now();
    relabel(toggle, say(model, "player.pause"), "pause");
    const tick = (moment) => {
      const pace = ((scene.end - scene.start) / REPLAY_SECONDS) * (model.get("speed") / 5);
      now = Math.min(scene.end, now + ((moment - last) / 1000) * pace);
      last = moment;
      self.onmove(now);
      if (now >= scene.end) self.stop();
      else frame = requestAnimationFrame(tick);
    };
    frame = requestAnimationFrame(tick);
  };
  self.stop = () => {
    cancelAnimationFrame(frame);
    frame = 0;
    relabel(toggle, say(model, "player.play"), "play");
  };
  self.update = (shown, time, number) => {
    scene = shown;
    now = time;
    set(scrub, "min", scene.start);
    set(scrub, "max", scene.end);
    scrub.value = time;
    scrub.style.setProperty("--at", `${((time - scene.start) / Math.max(1e-9, scene.end - scene.start)) * 100}%`);
    const words = say(model, "theatre.step", { time: time.toFixed(1), n: number + 1, m: scene.steps.length });
    write(said, words);
    set(scrub, "aria-valuetext", words);
  };
  return self;
}

export default { render };
