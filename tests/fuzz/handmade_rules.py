"""Inputs of the fuzzer's target "rules": tables and model files, one for each refusal, and rarely used forms.
SPDX-License-Identifier: Apache-2.0

Python's standard library only.
"""

import string

HEAD = "fmtconv-rules: 1\n"
NAMES = "a.0.w [8, 8]\na.1.w [8, 8]\na.0.b [8]\na.1.b [8]\nembed.weight [16, 8]\n"
SOUND = 'rules:\n  - {from: "a.{i}.w", to: "b.{i}.w"}\n'
MODEL = 'fmtconv-model: 1\nname: x\nsummary: "x"\nkind: y\nsides: [p, q]\n'
PIPE = 'fmtconv-model: 1\nname: x\nsummary: "x"\nkind: pipeline\nsides: [p, q]\n'


def rule(*fields):
    return HEAD + "rules:\n" + "".join("  - {%s}\n" % f for f in fields)


def pattern(text):
    return rule(f'from: "{text}", to: "{text}"')


def head(text):
    return HEAD + text + "\n" + SOUND


LETTERS = string.ascii_lowercase[:8] + string.ascii_lowercase[14:]
PATTERNS = (
    "a.{p:" + ",".join(str(i) for i in range(600)) + "}", "a.{p:q,q}", "a.{#i+#i+#i}.{i}", "a.{99999999999999999999+i}", "a.{i+j}", "a.{0*i}", "a.{#i+2*k}.{i}",
    "a.{#i+w}.{i}", "a.{2*w}", "a.{w+1}", "a.{}", "a.{i", "a.[b", "a.[]", "a.[{i}]", "a.{i}.{i:x,y}", "{x*}.{y*}", "{x*}.{x*}", "".join("{w%d}." % i for i in range(14)),
    "a[.b]" * 60, "a{i}" * 60,
    "a{i}b" * 40, "a{{b}}c[[d]]", "a.{#i-1-k}", "a.{3*k+1}", "a.{#i-1}.{i}", "a.{k-3}", "a.{i}.[b.]{w}", "/a.{i}.{w}", "{i}{j}{w}{x*}", "a.{1+}", "a.{-i}", "a.{w*}.b", "a.{i*}",
    "a.{:x}", "a.{p:}", "a.{#}",
    "x" * 5000, "{w}" * 10 + "a", "a.{i}.{j}.{i}.{w}.{w}",
)
RULES = (
    "from: a, why: ''", "from: a, to: b, axis: 9", "from: a, to: b, axis: [1]", "from: a, to: b, axis: '7'", 'from: "a.{i}", to: "b.{j}"', 'from: "a.{p:q,r}", to: "b.{p:q,r,s}"',
    'from: "a.{p:q,r}.{s:t,u}.{v:w,x}", to: "b"', 'from: "a.{p:' + ",".join(f"x{i}" for i in range(80)) + "}.{s:" + ",".join(f"y{i}" for i in range(80)) + '}", to: "b.{p:' + ",".join(f"x{i}" for i in range(80)) + "}.{s:" + ",".join(f"y{i}" for i in range(80)) + '}"',
    'from: "a.{p:' + ",".join(f"x{i}" for i in range(400)) + "}.{s:" + ",".join(f"y{i}" for i in range(400)) + '}", to: "b"',
    'from: "a.{i}.w", to: "b.{i}.w", shape: "h,h|h,w"', 'from: "a.{i}.w", to: "b.{i}.w", shape: "' + "|".join(",".join("h" * i) for i in range(1, 9)) + '|h"',
    'from: "a.{i}.w", to: "b.{i}.w", shape: "h,,"',
    'from: "a.{i}.w", to: "b.{i}.w", shape: "' + ",".join("h" * 9) + '"', 'from: "a.{i}.w", to: "b.{i}.w", shape: "3h+1,(h"', 'from: "a.{i}.w", to: "b.{i}.w", shape: "2h*w,?"',
    'from: "a.{i}.w", to: "b.{i}.w", shape: "99999999999999999999h"',
    'from: "a.{i}.w", to: "b.{i}.w", shape: "x y"', 'from: "a.{i}.w", to: "b.{i}.w", shape: "-1"', 'from: "a.{i}.w", to: "b.{i}.w", shape: "0"',
    'from: "a.{i}.w", to: "b.{i}.w", ops: "cast F16;;scale 2;add -1.5;scale x"', 'from: "a.{i}.w", to: "b.{i}.w", ops: "cast F17"',
    'from: "a.{i}.w", to: "b.{i}.w", ops: "permute 1 0; permute 0 0"', 'from: "a.{i}.w", to: "b.{i}.w", ops: "permute 1,0"',
    'from: "a.{i}.w", to: "b.{i}.w", ops: "permute 1,0,2,3,4,5,6,7,8"', 'from: "a.{i}.w", to: "b.{i}.w", ops: "reshape 64"',
    'from: "a.{i}.w", to: "b.{i}.w", shape: "8,8", ops: "reshape 64"', 'from: "a.{i}.w", to: "b.{i}.w", shape: "h,?", ops: "reshape 64"',
    'from: "a.{i}.w", to: "b.{i}.w", ops: "reshape ?"',
    'from: "a.{i}.w", to: "b.{i}.w", ops: "reshape h,,"', 'from: "a.{i}.w", to: "b.{i}.w", ops: "gather 0 1,0"', 'from: "a.{i}.w", to: "b.{i}.w", ops: "gather 0 2,0"',
    'from: "a.{i}.w", to: "b.{i}.w", ops: "gather 1,0"', 'from: "a.{i}.w", to: "b.{i}.w", ops: "gather x"', 'from: "a.{i}.w", to: "b.{i}.w", ops: "gather 0:1,0"',
    'from: "a.{i}.w", to: "b.{i}.w", ops: "trim 0 7"', 'from: "a.{i}.w", to: "b.{i}.w", ops: "trim x"',
    'from: "a.{i}.w", to: "b.{i}.w", ops: "' + ";".join(["scale 2"] * 20) + '"', 'from: "a.{i}.w", to: "b.{i}.w", ops: "  ;  scale 2 ;"',
    'from: "a.{i}.w", to: "b.{i}.w", ops: "scale 0"', 'from: "a.{i}.w", to: "b.{i}.w", ops: "add x"', 'from: "a.{i}.w", to: "b.{i}.w", ops: "turn"',
    *(f'from: "a.{{i}}.w", to: "b.{{i}}.w", pick: "{pick}"' for pick in ("x", "0/0", "0/2", "1,0/2", "0..1/4", "1..0/4", "3/2", "0/999", "0,0,0/2", "0/(", "0..", "h/2", "0/h",
        "0/2/3", "/", "0,/2", "0..h-1/4", "9223372036854775808/2", "0/-1")),
    *(f'from: "a.{{i}}.w", to: "b.{{i}}.w", pick: "{pick}", groups: "{groups}"' for pick, groups in (("0/2", "2"), ("0/2", "0"), ("1;0/2", "2"), ("0;;1/2", "2"), ("0/2", "9999"), ("0/2", "x"), ("0/2", "("),
        ("0/2", "#i"), ("0..n-1/n", "#i"), ("0/(", "2"), ("0/9999", "1"), ("0,2/4", "3"), ("n/2", "has(a.0.w) ? 2 : 3"))),
    *(f'from: "a.{{i}}.w", to: "b.{{i}}.{{p:q,r}}.w", parts: "{parts}"' for parts in ("h", "4,4", "x,(", "4,4,4", "h,h-1", "0,8", "-1,9", "4,3", ",",
        "9223372036854775807,9223372036854775807")),
    'from: "a.{i}.{p:w,b}", to: "b.{i}", parts: "4,4"', 'from: "a.{i}.w", to: "b.{i}.w", parts: "4"', 'from: "a.{i}.w", to: "b.{i}.{p:q,r}.w", parts: "4,4", pick: "0/2"',
    'from: "a.{i}.w", to: "b.{i}.{p:q,r}.w", parts: "4,4", ops: "reshape 64"',
    'from: "a.{i}.{p:w,b}", to: "b.{i}", axis: 1, parts: "8,8"', 'from: "a.{p:0,1}.w", to: "b.w", axis: 1, parts: "8,8"',
    'from: "a.{p:0,1}.w", to: "b.w", axis: 0, shape: "h,w", parts: "h,9"', 'from: "a.{p:0,1}.w", to: "b.w"', 'from: "a.{i}.w", to: "b.{i-1}.w"',
    'from: "a.{i}.w", to: "b.{3-i}.w"',
    'from: "a.{i}.w", to: "b.{#i-1-i}.w", optional: yes', 'from: "a.{i}.w", to: "b.{#k}.w"', 'from: "a.{i}.w", to: "b"', 'from: "a.{i}.{w}", to: "b.{w}"',
    'from: "a.{i}.w", to: "b.{i}.{p:q,r}.w"', 'from: "a.{i}.w", to: "b.{i}.{p:q,r,s}.w", shape: "3h,h"',
)
PAIRS = (
    ('from: "a.{i}.w", to: "b.{i}.w", pick: "0/2"', 'from: "a.{i}.w", to: "c.{i}.w"'), ('from: "a.{i}.w", to: "b.{i}.w", pick: "0/2"',
    'from: "a.{i}.w", to: "c.{i}.w", pick: "1/2"'),
    ('from: "a.{i}.w", to: "b.{i}.w", pick: "0/2"', 'from: "a.{i}.w", to: "c.{i}.w", pick: "0/4"'), ('from: "a.{i}.w", to: "b.{i}.w", pick: "0/2"',
    'from: "a.{i}.w", to: "c.{i}.w", pick: "0/2"'),
    ('from: "a.{i}.w", to: "b.{i}.w", pick: "0/2", groups: "2"', 'from: "a.{i}.w", to: "c.{i}.w", pick: "1/2", groups: "2"'),
    ('from: "a.{i}.w", why: x', 'from: "a.{i}.w", to: b'), ('from: "a.{i}.w", to: "b.{i}"', 'from: "a.{i}.w", to: "c.{i}"'),
    ('from: "a.{i}.w", to: "b"', 'from: "a.{i}.b", to: "b"'), ('from: "a.{i}.w", to: "b.{i}"', 'from: "a.{k}.b", to: "b.{k}"'),
    ('from: "a.{i}.w", to: "b.{i}", shape: "h,h"', 'from: "embed.weight", to: "e", shape: "h,h"'), ('from: "a.{i}.w", to: "b.{i}", shape: "h,w"',
    'from: "embed.weight", to: "e", shape: "2h,w"'), ('from: "a.{p:0,1}.w", to: "b.{p:0,1}"', 'from: "a.{p:0,1}.b", to: "c.{p:0,1}", optional: all'),
    tuple(f'from: "x{i}.{{a}}.{{b}}.{{c}}.{{d}}.{{e}}.{{f}}.{{g}}.{{h}}{{o}}", to: "y{i}"' for i in range(8)),
    tuple(f'from: "x{i}.{{w{i}}}", to: "y{i}.{{w{i}}}"' for i in range(60)), tuple(f'from: "x{i}", to: "y{i}", shape: "{c}1,{c}2,{c}3"' for i, c in enumerate(LETTERS)),
    tuple(f'from: "x{i}", to: "y{i}"' for i in range(600)),
)
HEADS = (
    "prefix: 'm.|'", "prefix: '" + "|".join(f"p{i}." for i in range(20)) + "'", "prefix: '{x'", "prefix: '{w}'", "prefix: [a., 'b c']", "prefix: [[a]]", "prefix: [a., b.]",
    "lists: 'w'", "lists: 'w=weight,bias; w=x'", "lists: '" + "; ".join(f"w{i}=a,b" for i in range(40)) + "'", "lists: 'w=a,a'",
    "lists: 'r=0..3'", "lists: 'r=3..0'", "lists: 'r=0..('", "lists: 'r=0..n'", "lists: 'r=0..9999'", "lists: 'r=0..#i'", "lists: 'r=-1..2'", "lists: {w: [a, b]}",
    "lists: {w: a}", "lists: {r: '0..n-1'}\nlet: {n: '2'}", "lists: {w: [a, {b: c}]}", "lists: ' ; w = a , b ;'", "lists: '=a'", "lists: 'w='",
    "complete: i", "complete: j", "complete: '* -i'", "complete: '* -q'", "dense: yes", "dense: maybe", "dense: yes\ncomplete: i", "complete: [i]", "complete: '#i'",
    "unmatched: keep", "unmatched: error", "unmatched: why", "unmatched: [a]",
    "let: {h: '1', h: '2'}", "let: {" + ", ".join(f"v{i}: '{i}'" for i in range(40)) + "}", "let: {h: 'v'}", "let: {a: b, b: a}", "let: {h: 'config(x)'}",
    "let: {h: 'config(x, 1)', k: 'h + #i'}", "let: {'1': '2'}", "let: {h: ';'}", "let: [a]", "let: {h: [a]}", "let: 'h=1;k=h'", "let: {i: '3'}", "let: {h: ''}",
    "when: '" + " && ".join(["1 == 1"] * 20) + "'", "when: [" + ", ".join(["'1 == 1'"] * 20) + "]", "when: 'h == 1'", "when: ['1 == 1', 2]", "unless: 'has(a.0.w)'",
    "unless: 'has(a.{i}.w)'", "check: '#i == 2'", "check: ['#i == 3']", "check: {a: b}", "when: ''", "when: 1", "when: 'shape(a.0.w) == 1'",
)
EXPRESSIONS = (
    "1" * 300, "99999999999999999999", "9223372036854775807 + 1", "-9223372036854775807 - 2", "'abc", '"abc"', "'a' == 'a'", "1 < 2 < 3", "(" * 70 + "1" + ")" * 70,
    "-" * 70 + "1", "1 / 0", "1 % 0", "7 / 2", "8 / 2 * 3 % 5", "1.5 * 2", "1.5 / 0", "1e999", "1.5 % 2", "1e300 * 1e300", "!1", "!(1 == 1)",
    "true", "false && true || true", "null", "null == null", "1 == 'a'", "1 + 'a'", "'a' + 'b'", "'a' < 'b'", "1 == 1 ? 2 : 3", "1 ? 2 : 3", "(1 == 1) == true", "has(a.0.w)",
    "has(a.9.w)", "has(a.{", "has(", "has()", "shape(a.0.w, 0)", "shape(a.0.w, 5)", "shape(a.0.w, -1)", "shape(a.0.w)", "shape(x, 0)", "shape(a.0.w, 'x')",
    "rank(a.0.w)", "rank(x)", "config(a)", "config(a.b.c, 3)", "config(a, 'x')", "config(a, null)", "config(a, 1.5)", "config()", "config(,)", "gguf(general.architecture, '')",
    "metadata(a, 'x')", "int(1.5)", "int(2)", "int('x')", "float(2)", "float('x')", "text(3)", "#i", "#k", "#", "i", "h", "1 +", "1 1", "a.b", "[1]",
    "[1, 2.5, 'a', null, true]", "[]", "[1", "[[1]]",
    "rope_factors(rope_scaling, 8)", "rope_factors(rope_scaling)", "texts(a, 'b', 'c')", "texts(a, 'b')", "values(a)", "values(a, 1)", "min(1, 2)", "max(1, 2)", "abs(-1)", "f(1)", "1 <= 2", "1 >= 2", "1 != 2", "1.5 < 2", "1.5 == 1.5",
    "2.5 > 1 && 2.5 >= 1 && 2.5 <= 3 && 2.5 != 1", "true < false", "null < null", "-1.5", "-'a'", "-true", "1 || 2", "true && 1", "0x10", "1e", "1.", ".5", "@", "'\\x'",
    "a" * 300, "9223372036854775807 * 2",
    "-9223372036854775807 - 1 == 0", "(0 - 9223372036854775807 - 1) / (0 - 1)", "has(a.{i}.w) ? 1 : 0", "count(a.{i}.w)", "sum(#i)", "{", "}", "a ? b", "1 == 1 ? 2", " ",
    "config(" + "x" * 200 + ", 2)", "has(/a.0.w)", "shape(/a.0.w, 1)", "config(a.)", "config(a , 1 )",
)
MODELS = (
    MODEL.replace("sides: [p, q]\n", "") + SOUND, MODEL.replace("[p, q]", "[p, p]") + SOUND, MODEL.replace("[p, q]", "[p]") + SOUND, MODEL.replace("[p, q]", "[P, q]") + SOUND,
    MODEL.replace("[p, q]", "['a b', q]") + SOUND, MODEL.replace("[p, q]", "[[a], q]") + SOUND, MODEL.replace("[p, q]", "x") + SOUND,
    MODEL + "gguf: {a: '1'}\n" + SOUND, MODEL + "architecture: y\ngguf: [a]\n" + SOUND,
    MODEL + "architecture: y\ngguf: {a: '{#i}', b: '{float(1.5)}', c: [1, 2], d: 'x'}\ntensors: {z: '{[1, 2]}'}\n" + SOUND,
    MODEL + "architecture: y\ngguf: {a: '1'}\ntensors: [a]\n" + SOUND, MODEL + "architecture: y\ngguf: {/a.b: '{#i}', /a.c: 1.5, /a: 1}\n" + SOUND,
    MODEL + "comfy: {plain: [a]}\n" + SOUND, MODEL + "comfy: {architecture: z, plain: [[a]]}\n" + SOUND, MODEL + "comfy: {architecture: z, f32: a}\n" + SOUND,
    MODEL + "comfy: {architecture: z, rows: maybe}\n" + SOUND, MODEL + "comfy: {other: z}\n" + SOUND, MODEL + "comfy: [a]\n" + SOUND,
    MODEL + "comfy: {architecture: z, f32: ['*.b'], plain: ['a*'], rows: yes}\n" + SOUND,
    MODEL.replace("[p, q]", "[p, gguf]") + "comfy: {architecture: z}\n" + SOUND, MODEL + "partial: [k]\n" + SOUND, MODEL + "partial: [i]\n" + SOUND,
    MODEL + "partial: i\n" + SOUND, MODEL + "partial: ['a b']\n" + SOUND, MODEL + "prefix: ['m.', 'n.']\n" + SOUND, MODEL + "prefix: ['m|']\n" + SOUND,
    MODEL + "title: 'T {#i} {1 == 1 ? 1.5 : 2} {'\n" + SOUND, MODEL + "title: '{#i} {#k}'\n" + SOUND, MODEL + "title: [a]\n" + SOUND,
    MODEL + "config: {a: '{#i}', b: ['{0..#i-1}', '{0..4..2}', '{1..}'], c: {d: '{x'}, e: '{null}', f: '{[1, 2]}', g: 1.5, h: yes, k: null}\n" + SOUND,
    MODEL + "config: {a: '{#i}', b: ['{0..#i-1}', '{0..4..2}'], c: {d: 'x{#i}y'}, e: '{config(z, null)}', f: '{[1, 2.5]}', g: 1.5, h: yes, k: null}\nlibrary: l\nclass: C\nnote: n\n" + SOUND,
    MODEL + "config: [a]\n" + SOUND, MODEL + "config: {a: '{0..9999999}'}\n" + SOUND, MODEL + "config: {a: '{5..1}', b: '{0..4..0}'}\n" + SOUND, MODEL + "keep: [a]\n" + SOUND,
    MODEL + "keep: {a: b}\n" + SOUND, MODEL + "keep: [[a]]\n" + SOUND, MODEL + "writer: x\n" + SOUND, MODEL + "test: {a: b}\n" + SOUND, MODEL + "test: [{h: 2}]\n" + SOUND,
    MODEL + "test: {numbers: {i: 2}, shapes: {h: 8}}\n" + SOUND, MODEL, MODEL + "rules: []\n", MODEL + "rules: x\n", MODEL.replace("name: x", "name: X") + SOUND,
    MODEL.replace("name: x\n", "") + SOUND, MODEL.replace(": 1", ": 2", 1) + SOUND, MODEL.replace("kind: y", "kind: [y]") + SOUND, MODEL + "other: 1\n" + SOUND,
    *(PIPE + f"pipeline:\n  {part}\n" for part in (
        "a: {model: b, prefix: 'c.'}", "a: {model: b}", "a: {prefix: 'c.'}", "a: {model: b, prefix: 'c d'}", "a: {model: b, prefix: ''}", "a: {optional: yes}",
        "a: {let: {x: '1'}}", "a: {files: yes, config: {b: c}}", "a: {model: b, prefix: 'c.', files: yes}", "a: {model: b, prefix: 'c.', files: yes, optional: yes}",
        "'a/b': {files: yes}",
        "A B: {files: yes}", "a: x", "a: {other: y}", "a: {model: [b]}", "a: {model: b, prefix: 'c.', optional: maybe}", "a: {files: maybe}",
        "a: {model: b, prefix: 'c.', let: [x]}", "a: {model: b, prefix: 'c.', let: {x: [y]}}", "a: {library: [x]}", "a: {config: x}",
        "a: {library: l, class: C, file: f.json, note: n, config: {x: '{1 + 1}', y: [1]}}",
        "a: {model: b, prefix: 'c.', let: {x: '1', y: '2'}}\nrules:\n  - {from: 'c.{x*}', to: 'd.{x*}'}", "a: {model: b, prefix: 'c.'}\nrules:\n  - {from: 'e', why: x}",
        "a: {library: l, class: C}\nrules: []")),
    PIPE + "pipeline:\n" + "".join(f"  a{i}: {{files: yes}}\n" for i in range(10)), PIPE + "pipeline: [a]\n", PIPE + "pipeline: {}\n", PIPE + "pipeline: {}\nrules: []\n",
)


def texts():
    yield from (pattern(text) for text in PATTERNS)
    yield from (rule(text) for text in RULES)
    yield from (rule(*fields) for fields in PAIRS)
    yield from (head(text) for text in HEADS)
    for text in EXPRESSIONS:
        quoted = text.replace("'", "''")
        yield HEAD + f"let: {{h: '{quoted}'}}\nwhen: 'h == 1'\ncheck: '{quoted}'\n" + SOUND
        yield MODEL + f"config: {{a: '{{{quoted}}}'}}\ntitle: 'x {{{quoted}}}'\n" + SOUND
    yield from MODELS
    yield from (HEAD + text for text in ("rules: []\n", "rules: x\n", "rules:\n- x\n", ""))
