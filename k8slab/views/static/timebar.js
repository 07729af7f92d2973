// The time bar of the board: looking back over etcd's revisions.

/** The time bar: a slider over etcd's revisions, marks for what the learner did, and the way back to now. */
function timeBar(model) {
  let asked = 0;
  const seek = (revision) => model.send({ press: "seek", revision: Number(revision) });
  const slider = el("input", {
    type: "range",
    class: "slider",
    "aria-label": say(model, "timebar.name"),
    oninput: (event) => {
      // many moves of the hand, one question to the kernel
      clearTimeout(asked);
      asked = setTimeout(() => seek(event.target.value), 40);
    },
  });
  const marks = el("div", { class: "marks" });
  const said = el("span", { class: "said" });
  const back = button(say(model, "player.back"), () => model.send({ press: "back" }), { image: "back", bare: true });
  const forward = button(say(model, "player.forward"), () => model.send({ press: "forward" }), { image: "forward", bare: true });
  const live = button(say(model, "timebar.now"), () => model.send({ press: "live" }), { kind: "main" });
  const jumps = el("div", { class: "jumps" });
  const track = el("div", { class: "track" }, marks, slider);
  const line = el("div", { class: "line" }, back, track, forward);
  const node = el("div", { class: "timebar" }, line, el("div", { class: "under" }, said, live, jumps));
  const update = () => {
    const bar = model.get("timebar");
    node.hidden = bar.newest === undefined;
    if (node.hidden) return;
    set(slider, "min", bar.oldest);
    set(slider, "max", bar.newest);
    if (slider.getRootNode().activeElement !== slider || bar.live) slider.value = bar.revision;
    set(slider, "aria-valuetext", bar.said);
    const span = Math.max(1, bar.newest - bar.oldest);
    slider.style.setProperty("--at", `${((bar.revision - bar.oldest) / span) * 100}%`);
    write(said, bar.said);
    live.hidden = bar.live;
    forward.disabled = bar.live;
    keep(
      marks,
      bar.marks.map((mark, number) => ({ ...mark, number })),
      (mark) => mark.number,
      () => el("i", { class: "mark" }),
      (tick, mark) => {
        tick.style.left = `${mark.share * 100}%`;
        set(tick, "title", mark.text);
      },
    );
    keep(
      jumps,
      bar.marks.slice(-2).map(({ revision, time, text }) => ({ revision, time, text })),
      (mark) => `${mark.revision} ${mark.time} ${mark.text}`,
      (mark) => {
        const name = say(model, "timebar.before", { text: mark.text });
        const short = mark.text.length > 44 ? `${mark.text.slice(0, 20)}…${mark.text.slice(-22)}` : mark.text;
        const jump = button(say(model, "timebar.before", { text: short }), () => seek(mark.revision), { image: "rewind", kind: "quiet" });
        set(jump, "aria-label", name);
        set(jump, "title", `${name}, ${say(model, "timebar.at", { time: mark.time.toFixed(1) })}`);
        return jump;
      },
      () => {},
    );
  };
  return { node, update };
}
