"""Inputs of the fuzzer's target "spec": one for each form and each refusal.  Next to a spec are the files that tests/fuzz/spec.c names.
SPDX-License-Identifier: Apache-2.0

Python's standard library only.
"""

HEAD = "fmtconv: 1\n"
READ, WRITE = "read: in.safetensors\n", "write: out.safetensors\n"
READS = (
    "in.safetensors", "{safetensors: {path: in.safetensors}}", "{safetensors: {path: [x, in.safetensors]}}", "{safetensors: {path: []}}", "{safetensors: {path: [x, y]}}",
    "{safetensors: {path: ''}}", "{safetensors: {path: [[a]]}}", "{safetensors: {path: {a: b}}}",
    "{safetensors: {}}", "{safetensors: }", "{safetensors: [a]}", "{safetensors: {path: in.safetensors, x: y}}", "{safetensors: {path: in.safetensors, crc: ignore}}",
    "{x: {path: in.safetensors}}", "{a: {path: x}, b: {path: y}}", "{}", "[]", "[in.safetensors]", "", "../x", "/etc/passwd", "absent", "full", "x.yaml",
    "full/../in.safetensors", "./in.safetensors",
    "{torch: {path: in.safetensors, root: model}}", "{torch: {path: in.safetensors, root: [a, b]}}", "{diffusers: {path: full, variant: fp16}}", "{spec: {path: x.yaml}}",
    "{spec: {path: x.yaml, a: b}}", "'${a}'", "'${input}'", "'${a}/../x'", "'$${a}'", "'${'", "'${}'", "'${a'", "'${a b}'", "'${x}'", "'$a'", "'${input}${input}'", "'x${a}'",
    "'-'", "'a,b'", "'a:b'", "'a\\b'",
)
TRANSFORMS = (
    "none", "[]", "[none]", "[none, none]", "cast", "[cast]", "[{cast: f16}]", "[{cast: {to: f16}}]", "[{cast: {to: x}}]", "[{cast: {}}]", "[{cast: }]", "[{cast: [f16, bf16]}]",
    "[{cast: {to: [f16, bf16]}}]", "[{cast: {to: {a: b}}}]", "[{cast: {x: y}}]", "[{cast: {to: f16, reverse: yes}}]", "[{flux: {reverse: yes}}]", "[{flux: {reverse: no}}]",
    "[{flux: {reverse: x}}]", "[{flux: {reverse: [a]}}]", "[{a: {}, b: {}}]", "[[a]]", "{cast: f16}", "x", "[x]", "[cats]", "[a/cast]", "[{a/cast: f16}]", "[{z/cast: f16}]",
    "[{rename: {from: 'a,b=c:d\\\\', to: '{'}}]", "[{rename: {from: 'a', to: '${a}'}}]", "[{prefix: {add: '${a}'}}]", "[{prefix: {add: '$${a}'}}]", "[{prefix: {add: '${b}'}}]",
    "[{merge: {file: in.safetensors, weight: 0.5}}]", "[{merge: {file: [in.safetensors, in.safetensors], weight: [1, 2]}}]", "[{merge: {file: ../x}}]",
    "[{merge: {file: '${a}'}}]", "[{map: {rules: x.yaml}}]", "[{cogvideox-vae: {config.norm_num_groups: 2}}]", "[{cogvideox-vae: {config: {norm_num_groups: 2}}}]",
    "[{cogvideox-vae: {config: {a: {b: c}}}}]", "[{cogvideox-vae: {config: {a: [b, c]}}}]", "[{quantize: {to: q4_0, rule: [a=q8_0, b=f16]}}]",
)
WRITES = (
    "out.safetensors", "{safetensors: {path: out.safetensors}}", "{safetensors: {path: [a, b]}}", "{safetensors: {}}", "{x: {path: y}}", "'${output}'", "'${a}.safetensors'",
    "../x", "/x", "''", "x.unknown", "out/", "{diffusers: {path: out, max-shard-size: 5GB}}", "{gguf: {path: o.gguf, architecture: x, metadata: {a: b}}}",
    "{gguf: {path: o.gguf, metadata: {a.b: [c]}}}",
    "[out.safetensors]", "[a.safetensors, b.safetensors]", "[a.safetensors, a.safetensors]", "[{safetensors: {path: a.safetensors}, transform: [cast]}]",
    "[{safetensors: {path: a.safetensors}, transform: [{cast: f16}]}, {gguf: {path: b.gguf, architecture: x}, transform: none}]", "[{transform: [none]}]",
    "{safetensors: {path: a.safetensors}, transform: none}", "[{safetensors: {path: '${b}'}}, c.safetensors]", "['${b}', '${a}']", "[]", "[[a]]", "{}", "",
    "[{safetensors: {path: a.safetensors}, torch: {path: b.pt}}]", "[out, out/x.safetensors]", "[{safetensors: {path: a.safetensors}, transform: {cast: f16}}, b.safetensors]",
)
COMPONENTS = (
    "{}", "[]", "x", "", "{vae: }", "{vae: {}}", "{vae: x}", "{vae: [a]}", "{vae: {read: in.safetensors}}", "{vae: {read: in.safetensors, transform: [{cast: f16}]}}",
    "{vae: {read: in.safetensors, transform: none}}", "{vae: {read: in.safetensors, copy: {from: full}}}", "{vae: {copy: {from: full}}, b: {read: in.safetensors}}",
    "{vae: {copy: full}, b: {read: in.safetensors}}",
    "{vae: {copy: {from: full/tokenizer, files: [spiece.model, '*token*.json']}}, b: {read: in.safetensors}}", "{vae: {copy: {from: full, files: spiece.model}}}",
    "{vae: {copy: {from: full, files: []}}}", "{vae: {copy: {from: full, files: [[a]]}}}", "{vae: {copy: {from: full, files: ['a/b', '../x', '']}}}",
    "{vae: {copy: {from: [x, full]}}, b: {read: in.safetensors}}", "{vae: {copy: {from: [x, y]}}}", "{vae: {copy: {}}}", "{vae: {copy: {from: full, x: y}}}",
    "{vae: {copy: {from: ../x}}}", "{vae: {copy: {from: '${b}'}}, c: {read: in.safetensors}}",
    "{vae: {copy: {from: '${a}/tokenizer', files: ['${a}']}}, c: {read: in.safetensors}}", "{vae: {read: '${b}'}, c: {read: in.safetensors}}",
    "{vae: {read: '${b}', transform: [cast]}, c: {read: in.safetensors}}", "{'a/b': {read: in.safetensors}}", "{'..': {read: in.safetensors}}", "{'': {read: in.safetensors}}",
    "{A b: {read: in.safetensors}}", "{vae: {other: x}}", "{vae: {copy: {from: full}, transform: none}}",
    "{vae: {read: {diffusers: {path: ['${a}/tokenizer', '${a}']}}}, c: {read: in.safetensors}}", "{" + ", ".join(f"c{i}: {{read: in.safetensors}}" for i in range(70)) + "}",
    "{vae: {transform: none}}",
)
VARIABLES = (
    "{}", "[]", "x", "", "{a: }", "{a: x}", "{a: {help: why}}", "{a: {optional: yes}}", "{a: {optional: x}}", "{a: {default: x}}", "{a: {default: x, optional: yes}}",
    "{a: {default: '${c}'}, c: x}", "{c: x, a: '${c}'}", "{c: x, a: '${c}${c}$${c}'}", "{c: x, a: {default: '${a}'}}", "{a: {other: x}}", "{a: [x]}", "{a: {help: [x]}}",
    "{a: {default: [x]}}", "{input: x}", "{output: x}", "{path: x}", "{'a b': x}", "{'': x}", "{" + "a" * 100 + ": x}", "{A: x}", "{_a: x}", "{1a: x}", "{a-b: x}",
    "{b: {optional: yes}, a: }", "{b: {optional: yes}, a: '${b}'}",
    "{b: {optional: yes}, a: {optional: yes}}", "{" + ", ".join(f"v{i}: x" for i in range(300)) + "}", "{a: '" + "x" * 5000 + "'}",
    "{c: '" + "x" * 60000 + "', a: '" + "${c}" * 200 + "'}", "{b: in, a: {default: '${b}/x', help: 'h'}}", "{a: x, b: {default: '${a}${c}', optional: yes}}",
    "{aa: {optional: yes}, a: x}",
)
TAILS = ("", "extra: 1\n", "name: x\n", "raed: x\n", "description: x\n", "transform: none\ntransform: none\n")


def specs():
    yield from (HEAD + f"read: {text}\n" + extra + WRITE for text in READS for extra in ("", "variables: {a: x}\n"))
    yield from (HEAD + READ + f"transform: {text}\n" + WRITE for text in TRANSFORMS)
    yield from (HEAD + f"variables: {{a: x, b: {{optional: yes}}}}\n{READ}transform: {text}\n{WRITE}" for text in TRANSFORMS if "${" in text)
    yield from (HEAD + READ + f"transform: none\nwrite: {text}\n" for text in WRITES)
    yield from (HEAD + f"variables: {{a: x, b: {{optional: yes}}}}\n{READ}transform: none\nwrite: {text}\n" for text in WRITES if "${" in text)
    yield from (HEAD + f"components: {text}\ntransform: none\nwrite: out/\n" for text in COMPONENTS)
    yield from (HEAD + f"variables: {{a: full, b: {{optional: yes}}}}\ncomponents: {text}\ntransform: [{{vae/cast: f16}}]\nwrite: out/\n" for text in COMPONENTS)
    yield from (HEAD + f"variables: {text}\n{READ}transform: [{{prefix: {{add: '${{a}}'}}}}]\n{WRITE}" + pad for text in VARIABLES for pad in ("", "#", "##", "###"))
    yield from (HEAD + READ + WRITE + tail for tail in TAILS)
    yield from (text + READ + WRITE for text in ("", "fmtconv: 2\n", "fmtconv: x\n", "fmtconv: [1]\n", "fmtconv: 1.0\n", "fmtconv: \n", "fmtconv: 01\n",
        "fmtconv: 99999999999999999999\n"))
    yield from (HEAD, HEAD + READ, HEAD + WRITE, "[]\n", "x\n", HEAD + "read: '${input}'\nwrite: '${output}'\n", HEAD + "read: '${input}'\nwrite: '${output}'\n#",
        HEAD + "read: '${input}'\nwrite: '${output}'\n##", HEAD + "read: '${input}'\nwrite: '${output}'\n###",
                HEAD + "read: in.safetensors\nwrite: '${output}'\n", HEAD + "read: in.safetensors\nwrite: '${output}'\n#", "# x\nfmtconv:   1\nread: x.yaml\n",
                HEAD + "components: {a: {read: x.yaml}}\nwrite: o/\n", "\n\nfmtconv: 1\n" + READ)
    yield from (HEAD + READ + f"transform: [{text}]\n" + WRITE for text in ("'A!'", "'cast:f16'", "'/cast'", "'a b/cast'", "{cast: {to: }}", "{cast: {to: {a: }}}",
        "{'cast:': f16}", "{flux: {reverse: yes, x: y}}", "{merge: {file: [" + "x, " * 300 + "y]}}", "cast, " * 300 + "cast"))
    yield from (HEAD + f"components: {{a: {{copy: {{from: {folder}, files: {files}}}}}, b: {{read: in.safetensors}}}}\ntransform: none\nwrite: out/\n"
                for folder in ("full", "in.safetensors", "full/tokenizer", "absent") for files in ("[x]", "['*']", "['z*']", "[config.json, config.json]",
                    "['*.json', config.json]", "[3]"))
    yield HEAD + f"read: in.safetensors\ntransform: none\nwrite: [{', '.join(f'o{i}.safetensors' for i in range(300))}]\n"
    yield HEAD + "variables: {b: {optional: yes}}\nread: in.safetensors\ntransform: none\nwrite: ['${b}']\n"
    yield HEAD + "variables: {b: {optional: yes, help: h}}\ncomponents: {a: {read: '${b}'}, c: {copy: {from: '${b}'}}}\ntransform: none\nwrite: out/\n"
    yield HEAD + "variables: {b: {optional: yes}}\nread: '${b}'\ntransform: none\nwrite: x.safetensors\n"
    yield HEAD + READ + "components: {a: {read: x}}\n" + WRITE
    yield HEAD + "variables: {path: x}\nread: '${path}'\n"
    yield HEAD + "variables: {aa: x}\nread: '${aa}'\n" + WRITE
