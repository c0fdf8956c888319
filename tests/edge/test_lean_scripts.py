"""A module made short does what it did: run by Node before and after, and read again."""

import subprocess

import pytest

from ticker.edge.assets import ENTRY, WEB, joined
from ticker.edge.lean import lean
from ticker.edge.script import declared, places, roles, tokens

SAMPLES = {
    "names at the top hide behind nothing near": """
        const base = 2;
        const other = [base, base];
        function twice(number) { return number * base; }
        const near = (base) => base + other.length;
        console.log(twice(4), near(10));
    """,
    "one name is a thing of its own in each method": """
        class Count {
          #total = 0;
          static start = 1;
          name = "n";
          add(value, { by = 1, from: start } = {}) {
            for (const [at, each] of [value].flat().entries()) this.#total += each * by + at;
            return { total: this.#total, by, start };
          }
          get total() { return this.#total; }
          #less(value) { this.#total -= value; return this; }
          less(value) { return this.#less(value).total; }
        }
        class Other { #total = "t"; read() { return this.#total; } }
        const count = new Count();
        console.log(count.add([1, 2], { by: 3, from: 9 }), count.less(2), count.total, Count.start, count.name);
        console.log(new Other().read());
    """,
    "a property keeps its name, a shorthand its property": """
        const value = 1, deep = 2;
        const add = { add(value) { return value + deep; }, get it() { return value; } };
        const object = { value, deep, other: deep, run: add.add, "a b": add.it };
        const { other, run: started, missing = value, ...rest } = object;
        console.log(JSON.stringify(object), other, started(5), missing, JSON.stringify(rest), object?.it);
    """,
    "texts, patterns and templates stay as they are": r"""
        const text = "/* no comment */ // nor this  two";
        const pattern = /[/"`\]]+ \/x{2}/g;
        const half = (whole, part) => whole / part / 2;
        const shown = (inner) => `a ${inner ? `<${inner.map((each) => `${each}${{ each }.each}`).join("")}>` : "}"} b`;
        console.log(text, 'it"s', pattern.source, half(8, 2), shown(["x", "y"]), shown(), "x".replace(/x/, "y"));
        console.log(1 - -1, 2 + +"3", 10_000, .5, 2 ** 3, 1 > 2 ? "a" : "b", "in" in { in: 1 }, typeof half);
    """,
    "what runs later, and what goes wrong, is the same": """
        const wait = async (value) => { await null; return value; };
        async function run({ tries }, done = () => {}) {
          try { for (let at = 0; ; at++) if (at > tries) throw new Error(`${at}`); }
          catch (error) { done(error.message); }
          finally { done("over"); }
          try { null.x; } catch { return await wait(tries ?? 7); }
        }
        const said = [];
        run({ tries: 2 }, (word) => said.push(word)).then((result) => console.log(said, result));
        let count = 0;
        do count++; while (count < 3);
        if (count === 3) console.log("three"); else console.log("not");
    """,
    "a constant that is used once stands where it is used": """
        const LIMIT = 3;
        const WORD = "w";
        const TWICE = 2;
        const kept = { WORD: 1 };
        console.log([1, 2, 3, 4].filter((value) => value < LIMIT), kept.WORD, TWICE * TWICE, WORD);
    """,
}

SAMPLES |= {
    "a number that is used once may have a method": """
        const ONE = 1;
        const HALF = 0.5;
        const THREE = 3;
        const list = { at1: { x: 1 } };
        console.log(ONE.toFixed(2), HALF.toFixed(2), THREE?.toFixed(1), 2 .toFixed(1), list.at1.x);
    """,
    "a pattern stands after a keyword too, and a slash after a value divides": r"""
        const quoted = (text) => { return /["'`]/.test(text); };
        function kind(text) {
          switch (true) {
            case /^"/.test(text): return typeof /"/;
            default: return "none";
          }
        }
        function* each() { yield /'/.source; }
        const counts = { return: 8, of: 4, case: 2 };
        let left = 9;
        const half = left++ / 2 / 1;
        const QUOTE = /"/;
        console.log(quoted('"'), kind('"'), kind("x"), [...each()], 6 / QUOTE.source.length);
        console.log(`${/"/.test('"') ? "a" : "b"}`);
        for (const found of /a"/[Symbol.match]('a"')) console.log(found, void /"/, "x" in /"/);
        if (left) console.log("no"); else /"/.test("") || console.log("yes");
        console.log(counts.return / 2, counts?.case / 2, counts.of / 2 / 1, half, '"'); // "
    """,
}

TAKEN = """AbortController Array Boolean CSSStyleSheet CustomEvent Date EventSource HTMLElement Intl JSON Map Math
    Number Object Promise Set URL WebSocket addEventListener clearInterval clearTimeout customElements document fetch
    matchMedia queueMicrotask sessionStorage setInterval setTimeout"""


def run(module: str) -> str:
    done = subprocess.run(["node", "--input-type=module"], input=module, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, f"{done.stderr}\n{module}"
    return done.stdout


@pytest.mark.parametrize("name", SAMPLES)
def test_a_short_module_does_what_the_long_one_did(name: str) -> None:
    short = lean(SAMPLES[name])
    assert run(short) == run(SAMPLES[name])
    assert len(short) < len(SAMPLES[name]) and "\n" not in short


@pytest.mark.parametrize("source", ['const a = "open', "const a = `open", "const a = @b;"])
def test_what_cannot_be_read_is_refused(source: str) -> None:
    with pytest.raises(ValueError, match="cannot be read"):
        lean(source)


def test_a_style_sheet_keeps_its_spaces_that_mean_something() -> None:
    sheet = """`
      .a :hover, [dir=rtl] .b { margin: 0 calc(100% - .6em); font: 1em "A B", c }
      @media (x: y) { p { q: r } }
    `"""
    assert lean(f"x({sheet});") == (
        'x(`.a :hover,[dir=rtl] .b{margin:0 calc(100% - .6em);font:1em "A B",c}@media (x:y){p{q:r}}`);'
    )


def test_the_widget_declares_nothing_that_it_takes_from_the_browser() -> None:
    sources = {path.name: path.read_text("utf-8") for path in (WEB / "widget").glob("*.js")}
    told = list(tokens(joined(ENTRY, sources)))
    stands = list(roles(told))
    top, within = declared(told, stands, list(places(told)))
    ours = top | {name for _, name in within}
    taken = {token.text for token, role in zip(told, stands, strict=True) if role == "variable"} - ours
    taken.discard("BreakingTicker")  # public: pages may import it by its name
    # Whatever is missing has become ours somewhere; whatever is new is misread, or one more to list.
    assert taken == set(TAKEN.split())
