// Just enough of a browser to run the script of a page: elements with attributes, children and listeners.
"use strict";
class Element {
  constructor(tag) { this.tag = tag; this.attributes = {}; this.children = []; this.listeners = {}; this.value = ""; this.checked = false; this.hidden = false; this.text = ""; }
  setAttribute(name, value) { this.attributes[name] = String(value); }
  append(...children) { for (const c of children) this.children.push(typeof c === "string" ? Object.assign(new Element("#text"), { text: c }) : c); }
  replaceChildren(...children) { this.children = []; this.append(...children); }
  addEventListener(name, listener) { (this.listeners[name] ||= []).push(listener); }
  querySelector() { return null; }
  querySelectorAll() { return []; }
  getBoundingClientRect() { return { left: 0, top: 0, width: 800, height: 600 }; }
  set textContent(text) { this.children = []; this.text = String(text); }
  get textContent() { return this.text + this.children.map(c => c.textContent).join(""); }
  fire(name, event = {}) { for (const l of this.listeners[name] || []) l({ stopPropagation() {}, preventDefault() {}, ...event }); }
  all(test) { return [...(test(this) ? [this] : []), ...this.children.flatMap(c => c.all(test))]; }
}
const known = {};
globalThis.document = {
  title: "",
  getElementById: id => known[id] ||= new Element(id),
  createElement: tag => new Element(tag),
  createElementNS: (_, tag) => new Element(tag),
};
globalThis.ResizeObserver = class { observe() {} };
globalThis.addEventListener = globalThis.removeEventListener = () => {};
const page = require("fs").readFileSync(process.argv[2], "utf8");
const scripts = [...page.matchAll(/<script>([^]*?)<\/script>/g)].map(m => m[1]).join("\n");
const steps = process.argv[3] || "";
const boxes = () => document.getElementById("root").all(e => (e.attributes.class || "").split(" ")[0] === "node");
const labels = () => boxes().map(b => b.attributes["aria-label"]);
const rects = () => boxes().map(b => b.children[0].attributes.style || "");
const $$ = id => document.getElementById(id);
console.log(JSON.stringify(eval(`(() => { ${scripts}\n; ${steps} })()`)));
