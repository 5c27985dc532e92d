# tests/faults/scenarios.py: the commands of which calls fail, and the inputs that they need.
# SPDX-License-Identifier: Apache-2.0
import json
import pathlib
import shutil
import struct
import subprocess

# Name, and the words of the command.  {in}: folder of the inputs; {out}: folder of the outputs.
CONVERSIONS = [
    ("safetensors", "-t none {in}/small.safetensors {out}/x.safetensors"),
    ("torch", "-t none {in}/small.pt {out}/x.pt"),
    ("torch-old", "-t none {in}/small.safetensors {out}/x.pt -f"),
    ("gguf-write", "-t none -w gguf:architecture=test {in}/matrix.safetensors {out}/x.gguf"),
    ("gguf-read", "-t none {in}/matrix.gguf {out}/x.safetensors"),
    ("quantize", "-t quantize:to=Q8_0 -w gguf:architecture=test {in}/matrix.safetensors {out}/x.gguf --verify"),
    ("cast", "-t cast:to=bf16 {in}/matrix.safetensors {out}/x.safetensors -j4"),
    ("sat-lora", "{in}/sat {out}/x.safetensors"),
    ("sat-lora-verify", "{in}/sat {out}/x.safetensors --verify -j4"),
    ("sat-write", "-t none -w sat {in}/small.safetensors {out}/sat"),
    ("sat-transformer", "-t cogvideox-lora {in}/sat {out}/folder/"),
    ("force", "-f -t none {in}/matrix.safetensors {out}/old.safetensors"),
    ("force-folder", "-f -t none -w diffusers {in}/model {out}/model"),
    ("shards", "-t none -w diffusers:max-shard-size=2KB {in}/matrix.safetensors {out}/parts"),
    ("read-shards", "-t none {in}/shards {out}/x.safetensors"),
    ("read-diffusers", "-t none {in}/model {out}/x.safetensors"),
    ("adapter", "-t none {in}/adapter {out}/x.safetensors"),
    ("merge", "-t merge:file={in}/matrix.safetensors,weight=0.5 {in}/matrix.safetensors {out}/x.safetensors"),
    ("map", "-t map:rules={in}/rules.yaml {in}/small.safetensors {out}/x.safetensors"),
    ("rename", "-t rename:from=^layer,to=block {in}/small.safetensors {out}/x.safetensors"),
    ("deflated", "-t none --memory 1M {in}/deflated.pt {out}/x.safetensors"),
    ("spec", "-p {in}/two.yaml -D a={out}/a.safetensors -D b={out}/b.pt {in}/small.safetensors"),
    ("preset", "-p cogvideox-lora {in}/sat {out}/x.safetensors"),
    ("manifest", "-t none --manifest --verify -w diffusers:max-shard-size=2KB {in}/whole {out}/sums"),
    ("provenance", "-t none --provenance {in}/small.pt {out}/x.safetensors"),
    ("resume", "-t none --resume -w diffusers:max-shard-size=2KB {in}/matrix.safetensors {out}/parts"),
    ("edit", "edit --set title=longer --rename layer.bias=b {out}/old.safetensors"),
    ("edit-in-place", "edit --rename layer.bias=layer.bees {out}/old.safetensors"),
    ("edit-gguf", "edit --set n.a:u32=5 --set general.architecture=longer {out}/old.gguf"),
    ("share", "-t none --share=1/2 -w diffusers:max-shard-size=2KB {in}/matrix.safetensors {out}/parts"),
    ("links", "-t none {in}/cache/snapshots/1 {out}/x.safetensors"),
]
OTHERS = [
    ("inspect", "inspect --tensors --stats {in}/small.safetensors"),
    ("inspect-sat", "inspect {in}/sat"),
    ("inspect-json", "inspect --json {in}/model"),
    ("dry-run", "-n {in}/sat {out}/x.safetensors"),
    ("print-spec", "--print-spec {in}/sat {out}/x.safetensors"),
    ("diff", "diff {in}/small.pt {in}/small.safetensors"),
    ("plugins", "plugins"),
    ("help", "help rename"),
    ("check-map", "map --check {in}/rules.yaml"),
    ("verify", "verify {in}/sums"),
    ("verify-archive", "verify {in}/deflated.pt"),
    ("verify-against", "verify -t none -w diffusers:max-shard-size=2KB --manifest --against {in}/whole {in}/sums"),
]
TWO = """fmtconv: 1
variables: {a: {help: first}, b: {help: second}}
read: "${input}"
transform: [{rename: {from: "^layer", to: block}}]
write: [{safetensors: {path: "${a}"}}, {torch: {path: "${b}"}}]
"""
RULES = """fmtconv-rules: 1
rules:
- {from: "a.{x*}", to: "b.{x*}"}
- {from: "layer.{x}", to: "block.{x}"}
"""
SCENARIOS = [(name, words.split()) for name, words in CONVERSIONS + OTHERS]


def safetensors(path, tensors):
    """Writes a file of F32 tensors: name → shape."""
    header, data = {}, b""
    for name, shape in tensors.items():
        n = 1
        for size in shape:
            n *= size
        values = struct.pack(f"<{n}f", *((i % 97 - 48) / 8 for i in range(n)))
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [len(data), len(data) + len(values)]}
        data += values
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def deflated(stored, path):
    """Writes the archive again with compressed members."""
    import zipfile
    with zipfile.ZipFile(stored) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))


def make(folder, fmtconv, source):
    """Makes the inputs with the program itself, in which nothing fails yet."""
    folder.mkdir()

    def run(words):
        subprocess.run(fmtconv + ["-q"] + words.replace("{in}", str(folder)).split(), check=True)

    safetensors(folder / "small.safetensors", {"layer.weight": [2, 2], "layer.bias": [2], "a.very.long.name.of.a.tensor.to_k": [3]})
    safetensors(folder / "matrix.safetensors", {f"blocks.{i}.weight": [8, 64] for i in range(3)})
    shutil.copytree(source / "tests/data/ckpts_2b_lora", folder / "sat")
    subprocess.run(["chmod", "-R", "u+w", str(folder / "sat")], check=True)
    run("-t none -w torch {in}/small.safetensors {in}/small.pt")
    run("-t none -w torch {in}/matrix.safetensors {in}/matrix.pt")
    run("-t none -w gguf:architecture=test {in}/matrix.safetensors {in}/matrix.gguf")
    run("-t none -w diffusers:max-shard-size=2KB {in}/matrix.safetensors {in}/shards")
    run("-t none -w diffusers {in}/small.safetensors {in}/model")
    shutil.copytree(folder / "shards", folder / "whole")
    (folder / "whole/config.json").write_text('{"_class_name": "Thing", "_name_or_path": "mod\\u00e8le/\\u00e0 \\\\ lire"}')
    run("-t none --manifest -w diffusers:max-shard-size=2KB {in}/whole {in}/sums")
    deflated(folder / "matrix.pt", folder / "deflated.pt")
    (folder / "adapter").mkdir()
    safetensors(folder / "adapter/adapter_model.safetensors", {f"b.{i}.q.lora_{x}.weight": [1, 1] for i in range(2) for x in "AB"})
    (folder / "adapter/adapter_config.json").write_text(json.dumps({"peft_type": "LORA", "r": 1, "lora_alpha": 2}))
    (folder / "rules.yaml").write_text(RULES)
    (folder / "two.yaml").write_text(TWO)
    cache = folder / "cache"
    (cache / "blobs").mkdir(parents=True)
    (cache / "snapshots/1").mkdir(parents=True)
    shutil.copy(folder / "small.safetensors", cache / "blobs/0123")
    (cache / "snapshots/1/model.safetensors").symlink_to("../../blobs/0123")


def prepare(out, folder):
    """Fills the folder of outputs with what is there before."""
    shutil.rmtree(out, ignore_errors=True)
    pathlib.Path(out).mkdir()
    shutil.copy(folder / "small.safetensors", out / "old.safetensors")
    shutil.copy(folder / "matrix.gguf", out / "old.gguf")
    shutil.copytree(folder / "shards", out / "model")
