// A rollout over time as SVG: a lane a Pod, the counts between their bounds, the requests, one time axis.
// The geometry is that of figures/rollout.py; what is after the playhead lies under a veil.

const LEFT = 168, RIGHT = 156, ROW_GAP = 12, AXIS = 24, COUNTS = 116, REQUESTS = 34;

function drawLanes(model, svg, scene, width) {
  const rows = scene.rows.slice(-4);
  const lanesOf = (row) => Math.max(2, 1 + Math.max(0, ...row.pods.map((pod) => pod.lane)));
  const needed = rows.reduce((sum, row) => sum + lanesOf(row), 0);
  // few Pods stand apart, many stand close, and hundreds become an area
  const pitch = Math.max(1, Math.min(24, Math.max(320, Math.min(needed * 6, 640)) / Math.max(1, needed)));
  svg.classList.toggle("dense", pitch < 4);
  const lanesTop = 24;
  const lanesBottom = lanesTop + needed * pitch + ROW_GAP * Math.max(0, rows.length - 1);
  const countsTop = lanesBottom + 24;
  const countsBottom = countsTop + COUNTS;
  const requestsTop = countsBottom + 12;
  const axis = scene.requests ? requestsTop + REQUESTS : countsBottom + 8;
  const height = axis + AXIS;
  const narrow = width < 640;
  const left = narrow ? 12 : LEFT;
  const right = width - (narrow ? 12 : RIGHT);
  const span = Math.max(scene.end - scene.start, 1e-9);
  const x = (time) => left + ((right - left) * Math.min(span, Math.max(0, time - scene.start))) / span;
  set(svg, "viewBox", `0 0 ${width} ${height}`);
  set(svg, "width", width);
  set(svg, "height", height);
  const parts = [];
  const text = (at, y, words, options = {}) => parts.push(draw("text", { x: at, y, dy: "0.35em", ...options }, words));
  const line = (x1, y1, x2, y2, kind) => parts.push(draw("line", { x1, y1, x2, y2, class: kind }));
  const box = (at, y, wide, high, kind, radius = 0) => parts.push(draw("rect", { x: at, y, width: Math.max(1, wide), height: high, rx: radius, class: kind }));

  for (const time of ticksOf(scene.start, scene.end, narrow ? 5 : 9)) {
    line(x(time), 14, x(time), axis, "grid");
    text(x(time), axis + 14, `${time} s`, { class: "tick", "text-anchor": "middle" });
  }
  let free = 0;
  for (const mark of scene.marks) {
    line(x(mark.time), 14, x(mark.time), countsBottom, "event");
    if (x(mark.time) < free) continue;
    const short = mark.text.length > 46 ? mark.text.slice(0, 30) + "…" + mark.text.slice(-14) : mark.text;
    const wide = short.length * 6.8;
    const fits = x(mark.time) + wide < width;
    text(x(mark.time) + (fits ? 5 : -5), 8, short, { class: "small", "text-anchor": fits ? "start" : "end" });
    free = x(mark.time) + wide + 12;
  }

  let y = lanesTop;
  for (const row of rows) {
    const high = lanesOf(row) * pitch;
    if (!narrow) {
      box(0, y, 3, high - 2, `side ${row.version}`);
      const middle = y + high / 2;
      text(12, middle - 8, say(model, `theatre.${row.version}`), { class: `small strong ${row.version}` });
      const under = row.revision ? `${say(model, "theatre.revision", { revision: row.revision })}` : row.name;
      text(12, middle + 8, under, { class: "small muted" });
      parts.at(-1).append(draw("title", {}, row.name));
    }
    for (const pod of row.pods) drawPod(pod, row.version, y + pod.lane * pitch);
    y += high + ROW_GAP;
  }
  function drawPod(pod, version, top) {
    const thick = pitch < 2 ? pitch + 0.2 : pitch < 7 ? pitch * 0.8 : pitch - 5;
    const middle = top + pitch / 2 - 1;
    const group = draw("g", { class: "life" }, draw("title", {}, pod.name));
    for (const segment of pod.segments) {
      const from = x(segment.from), to = x(segment.to), wide = Math.max(1, to - from);
      if (segment.state === "terminating") {
        group.append(draw("line", { x1: from, y1: middle, x2: to, y2: middle, class: "leaving" }));
        continue;
      }
      const kind = `segment ${segment.state} ${segment.state === "ready" ? version : ""}`;
      group.append(draw("rect", { x: from, y: middle - thick / 2, width: wide, height: thick, rx: Math.min(3, thick / 3), class: kind }));
      const label = segment.state === "ready" ? pod.tail : say(model, `state.${segment.state}`);
      const letters = segment.state === "ready" ? 6.8 : model.get("language") === "zh" ? 11.5 : 6.2;
      if (thick >= 12 && label.length * letters + 14 < wide)
        group.append(draw("text", { x: from + 6, y: middle, dy: "0.35em", class: segment.state === "ready" ? "mono on" : `small ${segment.state}` }, label));
    }
    parts.push(group);
  }

  const highest = Math.max(1, ...scene.bounds.map((bound) => bound[3]), ...scene.lines.total.map((step) => step[1]));
  const level = (value) => countsBottom - (COUNTS * value) / highest;
  scene.bounds.forEach(([time, , lower, upper], number) => {
    const until = scene.bounds[number + 1]?.[0] ?? scene.end;
    box(x(time), level(upper), x(until) - x(time), Math.max(1, level(lower) - level(upper)), "band");
  });
  line(left, level(0), right, level(0), "floor");
  const stairs = (steps) => steps.map(([time, value], number) => `${number ? "H" : "M"}${x(time)}${number ? "V" : " "}${level(value)}`).join("") + (steps.length ? `H${right}` : "");
  parts.push(draw("path", { d: stairs(scene.lines.total), class: "total" }));
  parts.push(draw("path", { d: stairs(scene.lines.available), class: "available" }));
  if (!narrow) {
    text(12, (countsTop + countsBottom) / 2, say(model, "theatre.counts"), { class: "small strong" });
    const wanted = [];
    const bound = scene.bounds.at(-1);
    if (bound) {
      text(left - 10, level(bound[3]), bound[3], { class: "small store", "text-anchor": "end" });
      if (level(bound[2]) - level(bound[3]) >= 13 && level(0) - level(bound[2]) >= 13) text(left - 10, level(bound[2]), bound[2], { class: "small store", "text-anchor": "end" });
      wanted.push([level(bound[3]), say(model, "theatre.most", { n: bound[3] }), "store"], [level(bound[2]), say(model, "theatre.least", { n: bound[2] }), "store"]);
    }
    for (const [name, kind] of [["total", "muted"], ["available", "strong"]]) {
      const held = scene.lines[name].at(-1);
      if (held) wanted.push([level(held[1]), say(model, `theatre.${name}`, { n: held[1] }), kind]);
    }
    for (const [place, words, kind] of apart(wanted, countsTop - 6, countsBottom + 6, 15)) text(right + 10, place, words, { class: `small ${kind}` });
  }
  if (scene.requests) {
    const middle = requestsTop + 12;
    const wide = Math.max(1.5, x(scene.start + scene.requests.bucket_seconds) - left - 1.5);
    for (const bucket of scene.requests.buckets) {
      const room = Math.min(wide, right - x(bucket.time));
      if (bucket.failed) box(x(bucket.time), middle - 8, room, 16, "refused");
      else box(x(bucket.time), middle - 3, room, 6, "answered");
    }
    if (!narrow) {
      text(12, middle, say(model, "theatre.requests"), { class: "small strong" });
      const { failed, ok } = scene.requests;
      text(right + 10, middle, say(model, "theatre.failed", { failed, total: ok + failed }), { class: `small ${failed ? "strong fail" : "muted"}` });
    }
  }
  const veil = draw("rect", { class: "veil", y: 14, height: axis - 14 });
  const head = draw("line", { class: "head", y1: 12, y2: axis });
  svg.replaceChildren(...parts, veil, head);
  return (time) => {
    const at = x(time);
    set(veil, "x", at);
    set(veil, "width", Math.max(0, right - at));
    set(head, "x1", at);
    set(head, "x2", at);
  };
}

function ticksOf(start, end, most) {
  const span = Math.max(end - start, 1e-9);
  const step = [0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600].find((size) => span / size <= most) ?? span;
  const ticks = [];
  for (let number = Math.ceil(start / step); number * step <= end + 1e-9; number++) ticks.push(number * step);
  return ticks;
}

/** Places at least `gap` from each other, in their order. */
function apart(wanted, top, bottom, gap) {
  const ordered = [...wanted].sort((a, b) => a[0] - b[0]).map((item) => [...item]);
  ordered.forEach((item, number) => (item[0] = Math.max(item[0], top, number ? ordered[number - 1][0] + gap : top)));
  for (let number = ordered.length - 1; number >= 0; number--) {
    const limit = number === ordered.length - 1 ? bottom : ordered[number + 1][0] - gap;
    ordered[number][0] = Math.min(ordered[number][0], limit);
  }
  return ordered;
}
