"""Pages in a real browser, if there is one: clicks, filter, keyboard, no complaints of the console, many nodes."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from theano.d3viz import d3viz

import theano
import theano.tensor as T
from tools import chromium
from tools.explain_pages import PROGRAMS, write_pages

pytestmark = pytest.mark.skipif(chromium.find() is None, reason="there is no Chromium")


@pytest.fixture(scope="module")
def pages(tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    return dict(zip(PROGRAMS, write_pages(folder), strict=True))


def count(page, selector: str) -> int:
    return page.run(f"document.querySelectorAll({selector!r}).length")


def test_every_tab_of_every_page(pages) -> None:
    for name, path in pages.items():
        with chromium.Page(path.as_uri()) as page:
            assert page.run("document.title === D.functions[0].name + ' explained'"), name
            boxes = page.run("D.functions[0].graphs.after.graphs[0].nodes.length")
            assert boxes == count(page, "#after-root > g > .node")
            for tab in ("rewrites", "loops", "memory", "graph"):
                page.click(f"#button-{tab}")
                assert page.run(f"!document.getElementById('tab-{tab}').hidden")
                assert page.run(f"document.getElementById('tab-{tab}').textContent.trim().length > 8")
            assert page.problems == []


def test_a_line_filters_every_tab(pages) -> None:
    with chromium.Page(pages["xnor"].as_uri()) as page:
        line = page.run("F.rewrites.find(s => s.rule.includes('softplus')).lines[0]")
        page.click(f"[data-line='{line}']")
        assert page.run(f"document.querySelector('[data-line=\"{line}\"]').classList.contains('on')")
        assert count(page, "#before-root .hit") >= 1 and count(page, "#before-root .dim") > 5
        page.click("#button-rewrites")
        shown = count(page, ".step")
        assert 0 < shown == page.run("F.rewrites.filter(on_line).length") < page.run("F.rewrites.length")
        page.click("#button-loops")
        assert count(page, "tr.loop.dim") == page.run("loops().filter(l => !on_line(l)).length") > 0
        page.click("#button-memory")
        for kind, entries in (("array", "F.memory.arrays"), ("memory", "F.memory.steps.map(s => F.loops[s.loop])")):
            dim = page.run(f"{entries}.filter(a => !on_line(a)).length")
            assert 0 < count(page, f"tr.{kind}.dim") == dim < count(page, f"tr.{kind}"), kind
        page.click("#clear")
        assert count(page, "tr.array.dim") == 0
        page.click("#button-loops")
        assert count(page, "tr.loop.dim") == 0
        page.click("#button-rewrites")
        page.run("document.getElementById('find').value = 'softplus'")
        page.run("document.getElementById('find').dispatchEvent(new Event('input'))")
        assert 0 < count(page, ".step") < shown + 5
        assert page.problems == []


def test_the_code_of_a_loop(pages) -> None:
    with chromium.Page(pages["lenet"].as_uri()) as page:
        page.click("#button-loops")
        number = page.run("loops().find(l => /^k\\d/.test(l.kernel)).i")
        page.click(f"tr[data-loop='{number}'] td")
        assert count(page, "[data-code]") == 3
        page.click("#show-llvm")
        assert count(page, "[data-code]") == 4
        texts = page.run("[...document.querySelectorAll('[data-code]')].map(e => e.textContent.length)")
        assert min(texts) > 50
        assert page.problems == []


def test_a_line_marks_code_and_is_scrolled_to(pages) -> None:
    with chromium.Page(pages["xnor"].as_uri(), height=700) as page:
        page.click("#button-loops")
        assert count(page, "[data-code] .on") == 0
        for text in ("a1 = ", "a2 = ", "x2 = "):
            number = page.run(f"F.files[0].lines.find(l => l[1].trim().startsWith({text!r}))[0]")
            page.click(f"[data-line='0:{number}']")
            assert page.run("on_line(F.loops[loop])")
            for stage in ("program", "c"):
                kernel = page.run("F.loops[loop].kernel")
                wanted = page.run(f"F.code[{kernel!r}].marks.{stage}[line]")
                marked = f"[...document.querySelectorAll('[data-code={stage}] .on')]"
                shown = page.run(f"{marked}.map(e => e.textContent.trim().split('\\n').length)")
                assert shown == [b - a + 1 for a, b in wanted], (text, stage)
            whole = "document.querySelector('[data-code=assembly] .on').textContent"
            assert page.run(f"{whole}.startsWith(F.loops[loop].kernel)")
            seen = page.run(
                "[...document.querySelectorAll('[data-code]')].every(pre => { const p = pre.getBoundingClientRect(),"
                " m = pre.querySelector('.on').getBoundingClientRect(); return m.top < p.bottom && m.bottom > p.top; })"
            )
            assert seen
        assert page.problems == []


def test_what_has_no_code_shows_main(pages) -> None:
    with chromium.Page(pages["branches"].as_uri()) as page:
        page.click("#button-loops")
        number, line = page.run("(l => [l.i, l.lines[0]])(loops().find(l => l.name === 'call-back'))")
        page.click(f"tr[data-loop='{number}'] td")
        page.click(f"[data-line='{line}']")
        assert page.run(f"loop === {number}")
        marked = page.run("[...document.querySelectorAll('[data-code=program] .on')].map(e => e.textContent).join('')")
        assert "callback" in marked and "check" not in marked and page.problems == []


def test_what_has_no_file(tmp_path) -> None:
    """Lines of code that was typed in are known by their numbers."""
    names: dict = {}
    code = "import theano, theano.tensor as T\nx = T.dvector('x')\nf = theano.function([x], T.exp(x) * 2, name='f')\n"
    exec(compile(code, "<typed in>", "exec"), names)
    theano.explain(names["f"], np.ones(9)).save(tmp_path / "f.html")
    with chromium.Page((tmp_path / "f.html").as_uri()) as page:
        assert "<typed in>" in page.run("document.getElementById('source').textContent")
        assert count(page, "#source .note") == 1
        page.click("#button-loops")
        page.click("[data-line='0:3']")
        assert count(page, "[data-code] .on") >= 3 and page.problems == []


def test_where_it_fails(pages) -> None:
    with chromium.Page(pages["failing"].as_uri()) as page:
        assert "z = T.exp(x) + y" in page.run("document.querySelector('.line.failed').textContent")
        page.click("#error .where")
        assert page.run("line === F.error_lines[0]") and count(page, "#before-root .hit") >= 1
        assert not page.run("document.querySelector('#error details').open")
        page.click("#error summary")
        assert page.run("document.querySelector('#error details').open") and page.problems == []
        line = "document.querySelector('.line.failed').getBoundingClientRect()"
        page.until(f"{line}.bottom <= innerHeight && {line}.top >= 0")  # once drawn, the text has not pushed it away
        assert page.run(f"{line}.bottom <= document.getElementById('source').getBoundingClientRect().bottom")


def test_boxes_open_and_the_wheel_zooms(pages) -> None:
    with chromium.Page(pages["xnor"].as_uri()) as page:
        before = count(page, "#before-root .node")
        box = page.run(
            "(() => { const all = [...document.querySelectorAll('#before-root .node')];"
            " const rect = all.find(n => n.textContent.includes('▸')).querySelector('rect').getBoundingClientRect();"
            " return [rect.x + rect.width / 2, rect.y + 4]; })()"
        )
        page.click_at(*box)
        assert count(page, "#before-root .node") > before and count(page, "#before-root .open") == 1
        assert page.run("document.getElementById('about').textContent.includes('line')")
        zoom = page.run("views[0].view.zoom")
        page.send("Input.dispatchMouseEvent", type="mouseWheel", x=box[0], y=box[1], deltaX=0, deltaY=-300)
        page.until(f"views[0].view.zoom > {zoom}")
        at = page.run("views[0].view.x")
        for kind, x in (("mousePressed", box[0]), ("mouseMoved", box[0] + 60), ("mouseReleased", box[0] + 60)):
            page.send("Input.dispatchMouseEvent", type=kind, x=x, y=box[1] + 150, button="left", clickCount=1)
        assert page.run("views[0].view.x") == pytest.approx(at + 60, abs=1)
        assert page.problems == []


def test_keyboard(pages) -> None:
    """All of it without a mouse."""
    with chromium.Page(pages["xnor"].as_uri()) as page:
        page.run("document.querySelector('.line.has').focus()")
        page.press("Enter")
        assert page.run("line !== null") and count(page, ".line.on") == 1
        page.run("document.getElementById('before').focus()")
        page.press("ArrowDown")
        first = page.run("views[0].chosen")
        page.press("ArrowDown")
        second = page.run("views[0].chosen")
        assert first == "0/0" and second != first and count(page, "#before-root .chosen") == 1
        for _ in range(20):
            if page.run("views[0].find(views[0].chosen).box.node.graph !== undefined"):
                break
            page.press("ArrowDown")
        page.press("Enter")
        assert count(page, "#before-root .open") == 1
        zoom = page.run("views[0].view.zoom")
        page.press("+")
        assert page.run("views[0].view.zoom") > zoom
        page.click("#button-loops")
        page.run("document.querySelectorAll('tr.loop')[1].focus()")
        page.press("Enter")
        assert page.run("loop") == page.run("loops()[1].i")
        assert page.problems == []


def test_two_functions(tmp_path) -> None:
    x = T.dvector("x")
    y = T.exp(x)
    f = theano.function([x], y * 2, name="f")
    g = theano.function([x], T.log(1 + T.exp(x)) / y, name="g")
    theano.explain(f, g, np.ones(1000)).save(tmp_path / "both.html")
    with chromium.Page((tmp_path / "both.html").as_uri()) as page:
        page.click("#button-difference")
        assert page.run("document.getElementById('tab-difference').textContent.includes('operations that run')")
        line = page.run("D.difference.operations.find(e => e.places[0].lines.length).places[0].lines[0]")
        page.click(f"[data-line='{line}']")
        entries = "[...D.difference.operations, ...D.difference.rewrites, ...D.difference.source]"
        off = page.run(f"{entries}.filter(e => !on_line(entry_of(e))).length")
        assert 0 < off == count(page, "#tab-difference .dim") < page.run(f"{entries}.length")
        page.click("#clear")
        assert count(page, "#tab-difference .dim") == 0
        page.run("document.getElementById('function').value = '1'")
        page.run("document.getElementById('function').dispatchEvent(new Event('change'))")
        page.click("#button-graph")
        assert page.run("document.getElementById('name').textContent") == "g"
        assert count(page, "#after-root .node") == page.run("D.functions[1].graphs.after.graphs[0].nodes.length")
        assert page.problems == []


@pytest.mark.slow
def test_ten_thousand_nodes(tmp_path) -> None:
    """All drawn at once, on a canvas: moving and choosing stay quick."""
    x = y = T.dvector("x")
    for k in range(3400):
        y = T.tanh(y + k) * x
    d3viz(y, tmp_path / "large.html")
    with chromium.Page((tmp_path / "large.html").as_uri()) as page:
        assert page.run("D.graphs[0].nodes.length") > 10_000 and page.run("view.on_canvas")
        page.run("view.zoom(60, 0, 0)")
        start = time.monotonic()
        page.run("for (let k = 0; k < 20; k++) { view.view.y -= 50; view.show(); }")
        moving = (time.monotonic() - start) / 20
        at = page.run(
            "(() => { const b = view.placed.boxes[5000], z = view.view.zoom, a = view.area.getBoundingClientRect();"
            " view.view.x = a.width / 2 - b.x * z; view.view.y = a.height / 2 - b.y * z; view.show();"
            " return [a.x + a.width / 2 + b.w * z / 2, a.y + a.height / 2 + b.h * z / 2]; })()"
        )
        start = time.monotonic()
        page.click_at(*at)
        page.until("view.chosen === '0/5000'")
        choosing = time.monotonic() - start
        ink = page.run(
            "(() => { const c = view.canvas, d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;"
            " return d.some(v => v > 0); })()"
        )
        assert ink and page.problems == []
        assert moving < 0.5 and choosing < 5, (moving, choosing)  # a loaded machine; else 0.03 and 0.2


@pytest.mark.slow
def test_a_large_explanation_answers(tmp_path) -> None:
    """A click on a line redraws a tab in less than a tenth of a second on a machine with nothing else to do."""
    x = y = T.dvector("x")
    for k in range(600):
        y = T.tanh(y + k) * x
        y = y - T.sqr(x) * 0.5
    explanation = theano.explain(theano.function([x], y.sum()), np.ones(10))
    explanation.save(tmp_path / "large.html")
    f = explanation.data["functions"][0]
    assert f["graphs"]["before"]["operations"] > 4000
    with chromium.Page((tmp_path / "large.html").as_uri()) as page:
        line = f["rewrites"][0]["lines"][0]
        for tab in ("graph", "rewrites", "loops", "memory"):
            page.click(f"#button-{tab}")
            clicked = f"select({line!r}); document.body.offsetHeight; return performance.now() - t;"
            once = f"(t => {{ {clicked} }})(performance.now())"
            times = [page.run(once) for _ in range(6)]
            assert min(times) < 500, (tab, times)
        page.click("#button-rewrites")
        assert count(page, ".step") == page.run("LONG")
        page.click("#more")
        assert count(page, ".step") == min(3 * page.run("LONG"), len(f["rewrites"])) and page.problems == []


def test_many_arguments_leave_room(tmp_path) -> None:
    """The program and the tabs are to be seen, however many arguments there are, and however long a name is."""
    xs = [T.dscalar() for _ in range(400)]
    f = theano.function(xs, sum(xs), name="name of a function " * 60)
    theano.explain(f, *[1.0] * 400).save(tmp_path / "many.html")
    with chromium.Page((tmp_path / "many.html").as_uri()) as page:
        assert page.run("document.querySelector('header').getBoundingClientRect().height") < 250
        line = page.run("document.querySelector('.line.has').dataset.line")
        page.click(f"[data-line='{line}'] i")
        assert page.run("line") == line and page.problems == []


def test_a_copy(tmp_path) -> None:
    x = T.dvector("x")
    theano.explain(theano.function([x], T.log(1 + T.exp(x))).copy(), np.ones(3)).save(tmp_path / "copy.html")
    with chromium.Page((tmp_path / "copy.html").as_uri()) as page:
        assert "not known: a copy" in page.run("document.getElementById('before-count').textContent")
        page.click("#button-rewrites")
        assert "explain the one that it was made of" in page.run("document.getElementById('tab-rewrites').textContent")
        assert page.problems == []
