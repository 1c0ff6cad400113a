"use strict";
// Draws graphs whose boxes have places (see graph_data.py): boxes with a graph inside open at a click; the wheel zooms,
// dragging moves, arrows go from box to box. Few boxes are drawn as SVG, many on a canvas.
const PAD = 12, HEAD = 40, BETWEEN = 26, MANY = 200, READABLE = 0.35;

const f = n => n.toFixed(1), cut = (text, most) => text.length > most ? text.slice(0, most - 1) + "…" : text;
function svg(tag, attributes, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const name in attributes) made.setAttribute(name, attributes[name]);
  made.append(...children);
  return made;
}
function html(tag, text, ...children) {
  const made = document.createElement(tag);
  if (text !== null) made.textContent = text;
  made.append(...children);
  return made;
}

// Data that packing.py has written shorter, as they were.
function unpacked({ texts, names, data }) {
  const whole = value => {
    if (typeof value === "string") return value[0] !== "~" ? value : value[1] === "~" ? value.slice(1) : texts[+value.slice(1)];
    if (!Array.isArray(value)) return value;
    if (value[0] === -1) return value.slice(1).map(whole);
    const made = {};
    names[value[0]].forEach((name, k) => { made[name] = whole(value[k + 1]); });
    return made;
  };
  return whole(data);
}

// `area` holds an <svg> with the group `root`, and `canvas`. Options: `choose(node, path)` when a box is chosen, `state(node)`
// gives "hit", "dim" or "", and `colour(node)` a fill or "".
class GraphView {
  constructor(area, root, canvas, graphs, options) {
    Object.assign(this, { area, root, canvas, graphs, options });
    this.open = new Set();   // paths of the boxes whose graphs are shown, as "0/7/2": graph 0, its box 7, box 2 of that
    this.chosen = this.view = this.placed = null;
    this.moving = false;
    this.fitted = true;      // the view is the one that `fit` chose, not one that a person chose
    new ResizeObserver(() => this.resized()).observe(area);
    area.addEventListener("wheel", event => this.wheel(event), { passive: false });
    area.addEventListener("pointerdown", event => this.drag(event));
    area.addEventListener("click", event => this.click(event));
    area.addEventListener("keydown", event => this.key(event));
  }

  // Other graphs in the same place.
  reset(graphs) {
    this.graphs = graphs;
    this.open.clear();
    this.chosen = this.view = null;
    this.fitted = true;
  }

  // Where everything of a graph is when some of its boxes are open: an open one pushes those beside and below it away.
  place(number, path) {
    const G = this.graphs[number], rows = G.rows.map(([, h]) => h), beside = rows.map(() => []);
    const boxes = G.nodes.map((node, i) => {
      const own = path + "/" + i, inner = this.open.has(own) ? this.place(node.graph, own) : null;
      const w = inner ? Math.max(node.w, inner.w + 2 * PAD) : node.w, h = inner ? HEAD + inner.h + PAD : node.h;
      rows[node.layer] = Math.max(rows[node.layer], h);
      if (w > node.w) beside[node.layer].push({ middle: node.x + node.w / 2, by: (w - node.w) / 2 });
      return { node, path: own, inner, w, h };
    });
    // What stands left of the middle of a box that grew moves to the left, what stands right of it to the right.
    const moved = (layer, x) => beside[layer].reduce((sum, b) => sum + Math.sign(x - b.middle) * b.by, x);
    const tops = []; let y = 0;
    for (const h of rows) { tops.push(y); y += h + BETWEEN; }
    for (const b of boxes) { b.x = moved(b.node.layer, b.node.x + b.node.w / 2) - b.w / 2; b.y = tops[b.node.layer]; }
    // Edges out of one box are one line, its trunk, as far as they go: through a point in each layer.
    for (const b of boxes) b.trunk = b.node.bends.map(([layer, x]) => ({ x: moved(layer, x), y: tops[layer], h: rows[layer] }));
    const points = boxes.flatMap(b => b.trunk), xs = boxes.map(b => b.x).concat(points.map(p => p.x));
    const left = xs.reduce((a, b) => Math.min(a, b), 0);
    for (const b of boxes) b.x -= left;
    for (const p of points) p.x -= left;
    const right = boxes.map(b => b.x + b.w).concat(points.map(p => p.x)).reduce((a, b) => Math.max(a, b), 0);
    const ins = boxes.map(() => 0);
    for (const e of G.edges) ins[e.to]++;
    for (const b of boxes) b.start = { x: b.x + b.w / 2, y: b.y + b.h };
    const edges = G.edges.map(e => {
      const a = boxes[e.from], b = boxes[e.to], end = b.x + b.w * (e.place + 1) / (ins[e.to] + 1);
      const before = b.node.layer - a.node.layer - 1, last = a.trunk[before - 1];   // points of the trunk that it shares
      return { edge: e, box: a, before, from: last ? { x: last.x, y: last.y + last.h } : a.start, to: { x: end, y: b.y } };
    });
    return { boxes, edges, w: right, h: Math.max(0, y - BETWEEN), path };
  }

  // Curves from a point through others: [controls and end, and how far it goes straight down through the layer].
  static curves(from, points) {
    let { x, y } = from;
    return points.map(p => {
      const half = (y + p.y) / 2, curve = [x, half, p.x, half, p.x, p.y, p.h ? p.y + p.h : null];
      x = p.x; y = p.y + (p.h || 0);
      return curve;
    });
  }

  // All lines of a graph, as [start, points, text, whether it is near what is chosen].
  lines(placed) {
    const found = placed.boxes.filter(b => b.trunk.length).map(b => [b.start, b.trunk, "", false]);
    for (const edge of placed.edges) {
      const near = this.near(placed, edge);
      found.push(near ? [edge.box.start, [...edge.box.trunk.slice(0, edge.before), edge.to], edge.edge.text, true] : [edge.from, [edge.to], edge.edge.text, false]);
    }
    return found;
  }

  count(placed) { return placed.boxes.reduce((n, b) => n + 1 + (b.inner ? this.count(b.inner) : 0), 0); }

  draw() {
    this.placed = this.place(0, "0");
    if (!this.view) this.fit();
    this.on_canvas = this.count(this.placed) > MANY;
    this.canvas.hidden = !this.on_canvas;
    this.root.replaceChildren(...(this.on_canvas ? [] : [this.drawn(this.placed, 0, 0)]));
    this.show();
  }

  // The whole graph in the area. What is not shown yet, as frames of notebooks and pages behind others, has no size.
  fit() {
    const area = this.area.getBoundingClientRect(), room = n => Math.max(n - 20, 1);
    const zoom = Math.min(1, room(area.width) / this.placed.w || 1, room(area.height) / this.placed.h || 1);
    this.view = { zoom, x: (area.width - this.placed.w * zoom) / 2, y: 10 };
    this.fitted = true;
  }

  // The area has got its size, or another one.
  resized() {
    if (!this.placed) return;
    if (this.fitted) this.fit();
    this.show();
  }

  show() {
    if (this.on_canvas) this.paint();
    else this.root.setAttribute("transform", `translate(${this.view.x},${this.view.y}) scale(${this.view.zoom})`);
  }

  // -- SVG
  drawn(placed, x, y) {
    const group = svg("g", { transform: `translate(${f(x)},${f(y)})` });
    for (const [from, points, text, near] of this.lines(placed)) {
      const title = svg("title", {}); title.textContent = text;
      let d = `M${f(from.x)},${f(from.y)}`;
      for (const [ax, ay, bx, by, ex, ey, on] of GraphView.curves(from, points))
        d += `C${f(ax)},${f(ay)} ${f(bx)},${f(by)} ${f(ex)},${f(ey)}` + (on === null ? "" : `V${f(on)}`);
      group.append(svg("path", { d, class: near ? "near" : "" }, title));
    }
    for (const box of placed.boxes) group.append(this.drawn_box(box));
    return group;
  }

  near(placed, { edge }) { return this.chosen === `${placed.path}/${edge.from}` || this.chosen === `${placed.path}/${edge.to}`; }
  label({ node, inner }) { return (node.graph === undefined ? "" : inner ? "▾ " : "▸ ") + cut(node.label, 34); }

  drawn_box(box) {
    const { node } = box, kinds = ["node", node.kind, node.gradient && "gradient", box.inner && "open"];
    kinds.push(this.chosen === box.path && "chosen", this.options.state(node));
    const made = svg("g", { class: kinds.filter(Boolean).join(" "), transform: `translate(${f(box.x)},${f(box.y)})`, tabindex: -1, role: "button" });
    const rect = svg("rect", { width: f(box.w), height: f(box.h), rx: 4 }), fill = this.options.colour(node);
    if (fill) { rect.setAttribute("style", `fill: ${fill}`); made.setAttribute("class", [...kinds, "hot"].filter(Boolean).join(" ")); }
    const label = svg("text", { x: f(box.w / 2), y: 16, "text-anchor": "middle" });
    label.textContent = this.label(box);
    const small = svg("text", { x: f(box.w / 2), y: 31, "text-anchor": "middle", class: "small" });
    small.textContent = cut(node.text, 40);
    made.append(rect, label, small);
    if (box.inner) made.append(this.drawn(box.inner, (box.w - box.inner.w) / 2, HEAD));
    made.setAttribute("aria-label", node.label);
    made.addEventListener("click", event => { event.stopPropagation(); if (!this.moving) this.choose(node, box.path); });
    made.addEventListener("keydown", event => { if (event.key === "Enter") { event.stopPropagation(); this.choose(node, box.path); } });
    return made;
  }

  // -- canvas
  paint() {
    const area = this.area.getBoundingClientRect(), dense = globalThis.devicePixelRatio || 1, { zoom, x, y } = this.view;
    this.canvas.width = area.width * dense; this.canvas.height = area.height * dense;
    const pen = this.canvas.getContext("2d"), style = getComputedStyle(this.area);
    this.inks = name => style.getPropertyValue("--" + name);
    pen.setTransform(dense * zoom, 0, 0, dense * zoom, dense * x, dense * y);
    this.shown = { left: -x / zoom, top: -y / zoom, right: (area.width - x) / zoom, bottom: (area.height - y) / zoom };
    pen.textAlign = "center";
    this.paint_graph(pen, this.placed, 0, 0);
  }

  paint_graph(pen, placed, dx, dy) {
    const { left, right, top, bottom } = this.shown;
    pen.save(); pen.translate(dx, dy);
    pen.lineWidth = 1; pen.globalAlpha = 0.5; pen.strokeStyle = this.inks("mut");
    pen.beginPath();
    const lines = this.lines(placed);
    for (const line of lines) if (!line[3]) this.trace(pen, line, top - dy, bottom - dy);
    pen.stroke();
    pen.globalAlpha = 1; pen.lineWidth = 2; pen.strokeStyle = this.inks("acc");
    pen.beginPath();
    for (const line of lines) if (line[3]) this.trace(pen, line, top - dy, bottom - dy);
    pen.stroke();
    for (const box of placed.boxes)
      if (box.x + dx < right && box.x + box.w + dx > left && box.y + dy < bottom && box.y + box.h + dy > top) this.paint_box(pen, box, dx, dy);
    pen.restore();
  }

  // What is seen of a line between two heights.
  trace(pen, [from, points], top, bottom) {
    let { x, y } = from;
    for (const p of points) {
      const end = p.y + (p.h || 0);
      if (end >= top && y <= bottom) {
        const half = (y + p.y) / 2;
        pen.moveTo(x, y);
        pen.bezierCurveTo(x, half, p.x, half, p.x, p.y);
        if (p.h) pen.lineTo(p.x, end);
      }
      x = p.x; y = end;
    }
  }

  paint_box(pen, box, dx, dy) {
    const { node } = box, state = this.options.state(node), chosen = this.chosen === box.path;
    pen.globalAlpha = state === "dim" ? 0.2 : 1;
    const kind = box.inner ? "inside" : node.gradient ? "gradient" : node.kind;
    pen.fillStyle = state === "hit" ? this.inks("mark") : this.options.colour(node).replace("var(--hot)", this.inks("hot")) || this.inks(kind);
    pen.strokeStyle = this.inks(chosen || state === "hit" ? "acc" : "line"); pen.lineWidth = chosen ? 3 : 1;
    pen.fillRect(box.x, box.y, box.w, box.h); pen.strokeRect(box.x, box.y, box.w, box.h);
    if (this.view.zoom > READABLE) {
      pen.font = "12px ui-monospace, monospace"; pen.fillStyle = this.inks("fg");
      pen.fillText(this.label(box), box.x + box.w / 2, box.y + 16);
      pen.font = "10px ui-monospace, monospace"; pen.fillStyle = this.inks("mut");
      pen.fillText(cut(node.text, 40), box.x + box.w / 2, box.y + 31);
    }
    const at = box.inner && this.inside(box);
    if (at) { pen.save(); pen.translate(at.x, at.y); this.shift(dx + at.x, dy + at.y, () => this.paint_graph(pen, box.inner, 0, 0)); pen.restore(); }
    pen.globalAlpha = 1;
  }
  inside(box) { return { x: box.x + (box.w - box.inner.w) / 2, y: box.y + HEAD }; }
  shift(x, y, paint) {   // `shown` in terms of an inner graph
    const { left, right, top, bottom } = this.shown;
    this.shown = { left: left - x, right: right - x, top: top - y, bottom: bottom - y };
    paint();
    this.shown = { left, right, top, bottom };
  }

  // -- what a person does
  choose(node, path) {
    this.chosen = path;
    if (node.graph !== undefined) this.open.has(path) ? this.open.delete(path) : this.open.add(path);
    this.draw();
    this.options.choose(node, path);
  }

  // The box under a point, the innermost one.
  at(x, y, placed = this.placed) {
    for (const box of placed.boxes) {
      if (x < box.x || x > box.x + box.w || y < box.y || y > box.y + box.h) continue;
      const inner = box.inner && this.inside(box);
      return (inner && this.at(x - inner.x, y - inner.y, box.inner)) || box;
    }
    return null;
  }

  click(event) {
    if (this.moving || !this.on_canvas) return;
    const area = this.area.getBoundingClientRect(), { zoom, x, y } = this.view;
    const box = this.at((event.clientX - area.left - x) / zoom, (event.clientY - area.top - y) / zoom);
    if (box) this.choose(box.node, box.path);
  }

  wheel(event) {
    event.preventDefault();
    const area = this.area.getBoundingClientRect();
    this.zoom(Math.exp(-event.deltaY / 600), event.clientX - area.left, event.clientY - area.top);
  }

  zoom(by, x, y) {
    this.view.x = x - (x - this.view.x) * by; this.view.y = y - (y - this.view.y) * by; this.view.zoom *= by;
    this.fitted = false;
    this.show();
  }

  drag(event) {   // a drag is no click
    const from = { x: event.clientX, y: event.clientY, left: this.view.x, top: this.view.y };
    this.moving = false;
    const move = e => {
      if (Math.hypot(e.clientX - from.x, e.clientY - from.y) > 4) this.moving = true;
      this.fitted = false;
      this.view.x = from.left + e.clientX - from.x; this.view.y = from.top + e.clientY - from.y;
      this.show();
    };
    const stop = () => { removeEventListener("pointermove", move); removeEventListener("pointerup", stop); };
    addEventListener("pointermove", move);
    addEventListener("pointerup", stop);
  }

  // The box at a path, the boxes and edges around it, and where it lies.
  find(path, placed = this.placed, dx = 0, dy = 0) {
    for (const box of placed.boxes) {
      if (box.path === path) return { box, placed, x: dx + box.x, y: dy + box.y };
      if (box.inner && path.startsWith(box.path + "/")) {
        const at = this.inside(box);
        return this.find(path, box.inner, dx + at.x, dy + at.y);
      }
    }
    return null;
  }

  // Arrows: to the first input, to the first user, to the neighbours in a row; Enter opens, + - 0 zoom.
  key(event) {
    const area = this.area.getBoundingClientRect(), zooms = { "+": 1.25, "-": 0.8 };
    if (event.key in zooms) this.zoom(zooms[event.key], area.width / 2, area.height / 2);
    else if (event.key === "0") { this.fit(); this.show(); }
    else {
      const found = this.chosen && this.find(this.chosen), next = this.next(event.key, found);
      if (event.key === "Enter" && found) this.choose(found.box.node, found.box.path);
      else if (next) this.go(next);
      else return;
    }
    event.preventDefault();
  }

  next(key, found) {
    if (!key.startsWith("Arrow")) return null;
    if (!found) return this.placed.boxes[0] || null;
    const { box, placed } = found, mine = placed.boxes.indexOf(box);
    const edge = key === "ArrowUp" ? placed.edges.find(e => e.edge.to === mine) : placed.edges.find(e => e.edge.from === mine);
    if (key === "ArrowUp") return edge ? placed.boxes[edge.edge.from] : null;
    if (key === "ArrowDown") return edge ? placed.boxes[edge.edge.to] : null;
    const row = placed.boxes.filter(b => b.node.layer === box.node.layer).sort((a, b) => a.x - b.x);
    return row[row.indexOf(box) + (key === "ArrowRight" ? 1 : -1)] || null;
  }

  go(box) {
    this.chosen = box.path;
    const area = this.area.getBoundingClientRect(), { zoom } = this.view, found = this.find(box.path);
    const x = this.view.x + found.x * zoom, y = this.view.y + found.y * zoom;
    const aside = x < 0 || x + box.w * zoom > area.width, away = y < 0 || y + HEAD * zoom > area.height;
    if (aside) this.view.x += area.width / 2 - x - box.w * zoom / 2;
    if (away) this.view.y += area.height / 2 - y;
    if (aside || away) this.fitted = false;
    this.draw();
    this.options.choose(box.node, box.path);
  }
}
