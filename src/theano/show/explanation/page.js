"use strict";
// A page of explanations: the source on the left selects what all tabs show.
const $ = id => document.getElementById(id), D = unpacked(DATA);
const TABS = { graph: "Graph", rewrites: "Rewrites", loops: "Loops and code", memory: "Memory" };
const CODE = { program: "loop program", llvm: "LLVM", c: "C", assembly: "assembly" };
let F = D.functions[0], line = null, loop = -1, tab = "graph", word = "", panes = { program: true, llvm: false, c: true, assembly: true };
let open_facts = false, views = null;   // of the function that is shown

// -- small things
function el(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const name in attributes) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), attributes[name]);
    else if (name === "text") made.textContent = attributes[name];
    else if (attributes[name] !== null && attributes[name] !== undefined && attributes[name] !== false) made.setAttribute(name, attributes[name]);
  }
  made.append(...children);
  return made;
}
// What a click does, Enter does too.
const pressed = act => ({ onclick: act, onkeydown: event => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); act(event); } } });
const whole = n => n === null || n === undefined ? "–" : Math.round(n).toLocaleString("en");
const seconds = s => s === null || s === undefined ? "–" : s >= 1 ? s.toFixed(2) + " s" : s >= 1e-3 ? (s * 1e3).toFixed(2) + " ms" : s >= 1e-6 ? (s * 1e6).toFixed(1) + " µs" : (s * 1e9).toFixed(0) + " ns";
const size = b => b === null || b === undefined ? "–" : b >= 1e9 ? (b / 1e9).toFixed(2) + " GB" : b >= 1e6 ? (b / 1e6).toFixed(2) + " MB" : b >= 1e3 ? (b / 1e3).toFixed(1) + " KB" : b + " B";
const giga = r => r === null || r === undefined ? "–" : (r / 1e9).toFixed(1);
const over = l => [l.over && "over " + l.over, l.extents && l.extents.length && l.extents.join(" × ")].filter(Boolean).join(" = ");
const many = (n, what) => `${n} ${what}${n === 1 ? "" : "s"}`;
const few = (texts, most = 8) => texts.slice(0, most).join(", ") + (texts.length > most ? ` and ${texts.length - most} more` : "");
const named = id => { const [file, number] = id.split(":"); return F.files.length > 1 ? `${F.files[file].name}:${number}` : `line ${number}`; };
const entry_of = pair => pair.places[D.functions.indexOf(F)];   // of something in both functions
const stands = entry => [...entry.lines || [], ...entry.callers || []];
const on_line = entry => line === null || stands(entry).includes(line);
const loops = () => F.loops.map((l, i) => ({ ...l, i })).filter(l => l.inside >= 0);

function select(id) {
  line = line === id ? null : id;
  const found = loops().filter(on_line);   // the code that is shown comes from the line
  if (line !== null && found.length && !found.some(l => l.i === loop)) loop = slowest(found);
  all();
}
const slowest = list => list.reduce((a, b) => (b.own_seconds || 0) > (a.own_seconds || 0) ? b : a).i;
function show(id) {
  tab = id;
  for (const name of Object.keys(TABS).concat("difference")) {
    $("tab-" + name).hidden = name !== id;
    if (TABS[name] || D.difference) $("button-" + name).setAttribute("aria-selected", name === id);
  }
  all();
}

// -- what stays
function head() {
  document.title = F.name + " explained";
  $("name").textContent = F.name;
  const isa = `${F.machine.isa}, ${many(F.machine.threads, "thread")}`;
  $("sub").textContent = F.calls ? `measured with ${few(F.arguments) || "no arguments"}, ${many(F.calls, "call")} · ${isa}` : `not measured · ${isa}`;
  $("error").hidden = !F.error;
  if (F.error) {
    const [first, ...rest] = F.error.split("\n");
    const where = F.error_lines.map(id => el("button", { class: "where m", text: named(id), onclick: () => select(id) }));
    $("error").replaceChildren(el("details", { ontoggle: to_failed }, el("summary", {}, "A call with these arguments raises " + first + " ", ...where), el("pre", { class: "m", text: rest.join("\n") })));
  }
  const all_loops = loops(), moved = all_loops.filter(l => l.bytes !== null);
  const rewriting = Object.values(F.rewrite_seconds).reduce((a, b) => a + b, 0);
  const tiles = [
    ["operations", `${F.graphs.before.operations} → ${F.graphs.after.operations}`], ["rewrites", F.rewrites_why ? "–" : F.rewrites.length],
    ["loops and calls", all_loops.length], ["one call", seconds(F.call_seconds)],
    ["bytes moved", F.calls && moved.length ? size(moved.reduce((sum, l) => sum + l.bytes, 0)) : "–"],
    ["memory at most", size(F.memory && F.memory.peak)], ["rewriting", seconds(rewriting)],
  ];
  $("tiles").replaceChildren(...tiles.map(([what, value]) => el("div", { class: "tile" }, el("b", { text: String(value) }), el("span", { text: what }))));
}

// The text of an error may push the line out of view.
function to_failed() {
  const failed = $("source").querySelector(".failed");
  if (failed) failed.scrollIntoView({ block: "center" });
}

function nav() {
  const buttons = Object.entries(D.difference ? { ...TABS, difference: "Difference" } : TABS).map(([id, text]) =>
    el("button", { id: "button-" + id, role: "tab", "aria-selected": String(id === tab), text, onclick: () => show(id) }));
  const parts = [...buttons, el("span", { class: "space" })];
  if (D.functions.length > 1) {
    const choice = el("select", { id: "function", "aria-label": "function" }, ...D.functions.map((f, i) => el("option", { value: i, text: f.name })));
    choice.addEventListener("change", () => { F = D.functions[+choice.value]; line = null; loop = -1; views = null; all(); });
    parts.push(choice);
  }
  const find = el("input", { type: "search", id: "find", placeholder: "find", "aria-label": "find in graphs and rewrites" });
  find.addEventListener("input", () => { word = find.value.trim().toLowerCase(); all(); });
  $("nav").replaceChildren(...parts, el("button", { id: "clear", text: "show all lines", onclick: () => { line = null; all(); } }), find);
}

function source() {
  const steps = {}, has = new Set();
  for (const s of F.rewrites) for (const id of s.lines) steps[id] = (steps[id] || 0) + 1;
  for (const entry of [...F.rewrites, ...F.loops]) for (const id of stands(entry)) has.add(id);
  for (const graphs of Object.values(F.graphs)) for (const g of graphs.graphs) for (const n of g.nodes) for (const id of stands(n)) has.add(id);
  const rows = [];
  F.files.forEach((file, k) => {
    rows.push(el("h2", { text: file.name, title: file.path }));
    if (!file.lines.some(([, text]) => text)) rows.push(el("p", { class: "mut note", text: "The text of these lines is not known: it was typed in, or run by exec." }));
    for (const [number, text] of file.lines) {
      const id = `${k}:${number}`, known = has.has(id);
      rows.push(el("div", {
        class: "line m" + (known ? " has" : "") + (line === id ? " on" : "") + (F.error_lines.includes(id) ? " failed" : ""), "data-line": id, title: text, ...(known ? { tabindex: 0, role: "button", "aria-pressed": String(line === id), ...pressed(() => select(id)) } : {}),
      }, el("i", { text: String(number) }), el("em", { text: steps[id] ? String(steps[id]) : "", title: "rewrites" }), el("span", { text: text || " " })));
    }
  });
  $("source").replaceChildren(...rows);
}

// -- graphs
function state(node) {
  if (word && !(node.label + " " + node.text).toLowerCase().includes(word)) return "dim";
  if (line === null) return "";
  return on_line(node) ? "hit" : "dim";
}
function tell(node) {
  const parts = [node.op || node.label, node.type, (node.lines || []).map(named).join(", "), node.gradient ? "made by a gradient" : "", node.loop !== undefined ? F.loops[node.loop].name : ""];
  $("about").textContent = parts.filter(Boolean).join("  ·  ");
  if (node.loop !== undefined && node.graph === undefined) loop = node.loop;
}
function heat(node) {
  const l = node.loop === undefined ? null : F.loops[node.loop];
  return l && l.share !== null ? `hsl(${Math.round(220 * (1 - Math.min(1, l.share * 1.5)))}, var(--hot))` : "";
}
function graph() {
  if (!views) {
    views = ["before", "after"].map(which => {
      const host = $(which);
      if (host.view) host.view.reset(F.graphs[which].graphs);
      else host.view = new GraphView(host, $(which + "-root"), $(which + "-canvas"), F.graphs[which].graphs, { choose: tell, state, colour: which === "after" ? heat : () => "" });
      const g = F.graphs[which];
      $(which + "-count").textContent = which === "before" && F.rewrites_why ? "(not known: a copy is shown as it runs)" : many(g.operations, "operation") + (g.gradient ? `, ${g.gradient} of gradients` : "");
      return host.view;
    });
    const key = (kind, text) => [el("span", { class: "key", style: `background: var(--${kind})` }), text];
    $("keys").replaceChildren("Wheel and + − zoom, dragging moves, 0 shows all; a click or Enter opens boxes marked ▸, arrows go from box to box. ",
      ...[["input", "input"], ["shared", "shared"], ["constant", "constant"], ["op", "operation"], ["gradient", "of a gradient"], ["output", "result"]].flatMap(k => key(...k)));
  }
  for (const view of views) view.draw();
}

// -- rewrites
// The name of a rule, if it is not its equation, and that.
function rule(s) {
  const name = s.equation === s.rule ? [] : [el("b", { class: "m", text: s.rule + "  " })];
  return [...name, ...(s.equation ? [el("b", { class: "m eq", text: s.equation.replaceAll("->", "→") })] : [])];
}
const LONG = 150;   // so many steps at once
let most_steps = LONG;
function rewrites() {
  if (F.rewrites_why) { $("tab-rewrites").replaceChildren(el("p", { text: "How it was rewritten is not known: " + F.rewrites_why })); return; }
  const found = F.rewrites.filter(s => on_line(s) && (!word || (s.rule + " " + s.before + " " + s.after).toLowerCase().includes(word)));
  const parts = [el("h2", { text: `${found.length} of ${many(F.rewrites.length, "step")}${line ? " at " + named(line) : ""}` })];
  let phase = null;
  for (const s of found.slice(0, most_steps)) {
    if (s.phase !== phase) parts.push(el("p", { class: "m" }, el("b", { text: phase = s.phase }), el("span", { class: "mut", text: "  " + seconds(F.rewrite_seconds[s.phase]) })));
    const where = s.lines.length ? el("button", { class: "where m", text: named(s.lines[0]), onclick: () => select(s.lines[0]) }) : el("span", { class: "mut", text: "  " + s.why });
    parts.push(el("div", { class: "step", title: s.about }, where, el("span", { class: "mut m", text: s.number + "  " }), ...rule(s),
      el("span", { class: "mut", text: `  ${s.type}${s.gradient ? ", of a gradient" : ""}${s.seconds === null ? "" : "  " + seconds(s.seconds)}` }), ...(s.about ? [el("div", { class: "mut", text: s.about })] : []), el("code", { class: "del", text: s.before }), el("code", { class: "ins", text: s.after })));
  }
  const left = found.length - most_steps;
  if (left > 0) parts.push(el("p", { class: "mut" }, `and ${left} more: select a line, search, or `, el("button", { id: "more", text: `show ${Math.min(left, 2 * most_steps)} of them`, onclick: () => { most_steps *= 3; rewrites(); } })));
  $("tab-rewrites").replaceChildren(...parts);
}

// -- loops
function loops_tab() {
  const list = loops(), most = Math.max(1e-12, ...list.map(l => l.own_seconds || 0));
  if (!F.native) { $("tab-loops").replaceChildren(el("p", { text: "This function's mode runs it node by node in Python: there are no loops." })); return; }
  if (loop < 1 && list.length) loop = slowest(list);
  const heads = ["loop", "lines", "computes", "n:time a call", "", "n:share", "n:bytes", "n:GB/s", "n:GFLOP/s", "n:threads"];
  const head = el("tr", {}, ...heads.map(h => el("th", { class: h.startsWith("n:") ? "n" : null, text: h.replace("n:", "") })));
  const depth = l => { let d = 0; for (let k = l.inside; k > 0; k = F.loops[k].inside) d++; return d; };
  const rows = list.map(l => el("tr", { class: "loop" + (l.i === loop ? " sel" : "") + (on_line(l) ? "" : " dim"), tabindex: 0, "data-loop": l.i, ...pressed(() => { loop = l.i; loops_tab(); }) },
    el("td", { text: "  ".repeat(depth(l)) + l.name }), el("td", { class: "m", text: l.lines.map(named).map(t => t.replace("line ", "")).join(", ") || l.why || "" }),
    el("td", {}, el("span", { class: "m", text: l.what.includes(": ") ? l.what.slice(l.what.indexOf(": ") + 2) : "" }), el("div", { class: "mut why", text: over(l) }), el("div", { class: "mut why", text: l.apart.join("; ") })), el("td", { class: "n", text: l.calls === 0 ? "did not run" : seconds(l.seconds) }),
    el("td", {}, el("div", { class: "share" }, el("div", { class: "bar", style: `width: ${(100 * (l.own_seconds || 0) / most).toFixed(1)}%` }))),
    el("td", { class: "n", text: l.share === null ? "–" : (100 * l.share).toFixed(1) + " %" }), el("td", { class: "n", text: size(l.bytes) }), el("td", { class: "n", text: giga(l.bandwidth) }), el("td", { class: "n", text: giga(l.speed) }),
    el("td", { class: "n", text: l.threads === null ? "–" : l.threads.toFixed(1) })));
  const outside = F.calls ? F.loops.filter(l => l.inside < 0) : [];   // what is no loop, but takes time
  rows.push(...outside.map(l => el("tr", { class: "outside mut" }, el("td", { colspan: 3, text: l.what, title: l.why }), el("td", { class: "n", text: seconds(l.own_seconds) }),
    el("td", {}, el("div", { class: "share" }, el("div", { class: "bar", style: `width: ${Math.min(100, 100 * l.own_seconds / most).toFixed(1)}%` }))), el("td", { class: "n", text: (100 * l.share).toFixed(1) + " %" }), el("td", { colspan: 4 }))));
  const parts = [el("div", { class: "rows" }, el("table", {}, head, ...rows))];
  if (F.calls) parts.push(el("p", { class: "mut", text: `A call takes ${seconds(F.call_seconds)}. Copying a large array, this machine moves ${giga(F.machine.bandwidth)} GB/s; what fits into its caches is faster.` }));
  const l = F.loops[loop];
  if (l && l.inside >= 0) parts.push(...code(l));
  $("tab-loops").replaceChildren(...parts);
  reveal();
}
// The chosen loop and the first marked line of each text are to be seen.
function reveal() {
  const row = $("tab-loops").querySelector("tr.sel");
  if (row) row.scrollIntoView({ block: "nearest" });
  for (const text of $("tab-loops").querySelectorAll("[data-code]")) {
    const mark = text.querySelector(".on");
    if (mark) text.scrollTop = mark.offsetTop - text.clientHeight / 3;
  }
}
function code(l) {
  const kernel = F.code[l.kernel] ? l.kernel : "main", texts = F.code[kernel] || {}, facts = [...l.form, ...l.reads.map(t => "reads " + t), ...l.writes.map(t => "writes " + t), ...l.apart];
  const boxes = Object.entries(CODE).map(([id, text]) => {
    const box = el("input", { type: "checkbox", id: "show-" + id, onchange: () => { panes[id] = box.checked; loops_tab(); } });
    box.checked = panes[id];
    return el("label", {}, box, " " + text + "  ");
  });
  const shown = Object.keys(CODE).filter(id => panes[id] && texts[id]);
  const calls = kernel === l.kernel ? [] : [el("p", { class: "mut", text: `${l.name} has no code of its own: main calls ${l.kernel || "other code"}.` })];
  const how = el("details", { ontoggle: () => { open_facts = how.open; } }, el("summary", { class: "mut", text: "how it goes, what it reads and writes" }), el("pre", { class: "m", id: "facts", text: facts.join("\n") }));
  how.open = open_facts;
  return [el("h2", { text: l.what }), ...(facts.length ? [how] : []), ...calls, el("p", {}, ...boxes),
    el("div", { class: "cols texts" }, ...shown.map(id => el("div", { class: "pane" }, el("h3", { text: `${CODE[id]} of ${kernel}` }), el("pre", { class: "code m", "data-code": id }, ...marked(texts[id], marks(texts, id, l, line === null && kernel === "main" ? l.lines[0] : line))))))];
}
// The lines of a text that come from a line of the program: [first, last] each. Where only the whole is known to, all of it.
function marks(texts, stage, l, id) {
  const known = texts.marks[stage];
  return known && Object.keys(known).length ? known[id] || [] : stands(l).includes(id) ? [[0, Infinity]] : [];
}
function marked(text, stretches) {
  const lines = text.split("\n"), parts = [];
  let next = 0;
  for (const [first, last] of stretches) {
    const end = Math.min(last + 1, lines.length);
    parts.push(lines.slice(next, first).map(t => t + "\n").join(""), el("span", { class: "on", text: lines.slice(first, end).join("\n") + "\n" }));
    next = end;
  }
  parts.push(lines.slice(next).join("\n"));
  return parts.filter(part => part !== "");
}

// -- memory
function memory() {
  const M = F.memory;
  if (!M || M.peak === null) { $("tab-memory").replaceChildren(el("p", { text: "Sizes are known with example arguments: theano.explain(f, *arguments)." })); return; }
  const n = Math.max(1, M.steps.length), most = Math.max(1, ...M.living), place = (a, b) => `margin-left: ${(100 * a / n).toFixed(2)}%; width: ${(100 * (b - a + 1) / n).toFixed(2)}%`;
  const steps = el("table", {}, el("tr", {}, ...["step", "loop", "lines", "n:bytes that live", ""].map(h => el("th", { class: h.startsWith("n:") ? "n" : null, text: h.replace("n:", "") }))),
    ...M.living.map((total, k) => {
      const l = M.steps[k] ? F.loops[M.steps[k].loop] : null;
      return el("tr", { class: "memory" + (l && on_line(l) ? "" : line === null ? "" : " dim") }, el("td", { text: String(k + 1) }), el("td", { text: l ? l.what : "" }), el("td", { class: "m", text: l ? l.lines.map(named).map(t => t.replace("line ", "")).join(", ") : "" }), el("td", { class: "n", text: whole(total) }), el("td", { style: "width: 45%" }, el("div", { class: "bar", style: `width: ${(100 * total / most).toFixed(1)}%` })));
    }));
  const arrays = [...M.arrays].sort((a, b) => (b.bytes || 0) - (a.bytes || 0));
  const lives = el("table", {}, el("tr", {}, ...["array", "", "shape", "n:bytes", `lives during steps 1 to ${n}`].map(h => el("th", { class: h.startsWith("n:") ? "n" : null, text: h.replace("n:", "") }))),
    ...arrays.map(a => el("tr", { class: "array" + (on_line(a) ? "" : " dim") }, el("td", { class: "m", text: a.name }), el("td", { class: "mut kind", text: a.kind }), el("td", { class: "m", text: a.shape ? `(${a.shape.join(", ")}${a.shape.length === 1 ? "," : ""})` : "known during the call" }), el("td", { class: "n", text: whole(a.bytes) }), el("td", { style: "width: 45%" }, el("div", { class: "bar " + a.kind, style: place(a.first, a.last) })))));
  $("tab-memory").replaceChildren(el("h2", { text: `at most ${size(M.peak)} beside arguments and shared variables` + (M.unknown ? `, and ${many(M.unknown, "array")} of unknown size` : "") }), steps, el("h2", { text: "arrays; workspace is one block, a part of which is shared by those that do not live at the same time" }), lives);
}

// -- two functions
function compared() {
  if (!D.difference) return;
  const X = D.difference, names = D.functions.map(f => f.name);
  const table = (title, rows, form = String, entry = () => ({ lines: [line] })) => [el("h2", { text: title }), el("table", {}, el("tr", {}, el("th", { text: "" }), ...names.map(n => el("th", { class: "n", text: n }))),
    ...rows.map(([what, a, b], k) => el("tr", { class: on_line(entry(k)) ? null : "dim" }, el("td", { class: "m", text: what }), el("td", { class: "n", text: form(a, what) }), el("td", { class: "n", text: form(b, what) }))))];
  const form = (n, what) => what.startsWith("seconds") ? seconds(n) : what.startsWith("bytes") ? size(n) : whole(n);
  const diff = X.source.map(t => el("code", { class: ({ "+": "ins", "-": "del", " ": "both" })[t.text[0]] + (on_line(entry_of(t)) ? "" : " dim"), text: t.text.slice(1) }));
  const counted = (title, entries) => table(title, entries.map(e => [e.what, ...e.counts]), String, k => entry_of(entries[k]));
  $("tab-difference").replaceChildren(...table("numbers of the whole", X.numbers, form), el("h2", { text: "lines that made something" }), el("div", {}, ...(diff.length ? diff : [el("p", { class: "mut", text: "They are the same." })])),
    ...counted("operations that run", X.operations), ...counted("rules, how often", X.rewrites));
}

const DRAWN = { graph, rewrites, loops: loops_tab, memory, difference: compared };
function all() { head(); source(); DRAWN[tab](); }
nav();
show("graph");
const first = $("source").querySelector(".failed") || $("source").querySelector(".has");
if (first) first.scrollIntoView({ block: "center" });
