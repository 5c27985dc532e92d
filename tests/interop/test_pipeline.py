# SPDX-License-Identifier: Apache-2.0
"""Complete pipelines: joined from a checkpoint's components, read and written again; diffusers opens and runs them."""
# Plugins: cogvideox-pipeline cogvideox-transformer cogvideox-vae diffusers safetensors sat t5-encoder torch

import json
import shutil
import unittest
from collections import OrderedDict
from dataclasses import replace

import cogmake
import pipemake
import safetensors.torch
import torch
from cogmake import MODELS, T5, VAE
from diffusers import CogVideoXImageToVideoPipeline, CogVideoXPipeline
from pipemake import save_bin
from support import Case, files
from transformers import T5EncoderModel, T5ForConditionalGeneration, T5Tokenizer

# Heads that rotary embeddings can share out to three axes.
BY_NAME = {m.name: replace(m, head=16) for m in MODELS}


def run(pipe, m, prompt=None):
    """Two steps; the latents."""
    frames, rows, columns = m.grid
    generator = torch.Generator().manual_seed(1)
    more = {"prompt": prompt, "negative_prompt": "", "max_sequence_length": m.text_length} if prompt else {
        "prompt_embeds": torch.randn(1, m.text_length, cogmake.TEXT, generator=generator),
        "negative_prompt_embeds": torch.zeros(1, m.text_length, cogmake.TEXT)}
    if m.i2v:
        more["image"] = torch.rand(1, 3, 16 * rows, 16 * columns, generator=generator)
    pipe.set_progress_bar_config(disable=True)
    with torch.no_grad():
        return pipe(height=16 * rows, width=16 * columns, num_frames=4 * (frames - 1) + 1, num_inference_steps=2,
                    generator=generator, output_type="latent", **more).frames


class Joined(Case):
    """Checkpoints of narrow models, and the pipeline that comes out."""

    def setUp(self):
        super().setUp()
        self.out = self.tmp / "out"

    def save(self, tensors):
        path = self.tmp / "model.pt"
        torch.save({"module": tensors}, path)
        return path

    def checkpoint(self, m):
        """The checkpoint of a training: transformer, T5 and a VAE of 16 channels."""
        return OrderedDict({**cogmake.transformer(m), **cogmake.text_encoder(m.dtype), **cogmake.vae(m.dtype, VAE, latents=16)})

    def join(self, source, m, *more, join="cogvideox-pipeline", status=0):
        rotary = ":rotary=yes" if m.rotary and m.is_1_5 else ""
        sample = ("," if rotary else ":") + m.sample
        return self.run_fmtconv("-t", f"transformer/cogvideox-transformer{rotary}{sample}",
                                "-t", "vae/cogvideox-vae:config.norm_num_groups=4", "-t", "text_encoder/t5-encoder",
                                *more, "-t", join, "-w", "diffusers", source, self.out, status=status)

    def load(self, kind, **more):
        return kind.from_pretrained(self.out, torch_dtype=torch.float32, **more)


class Pipelines(Joined):
    """All components from one checkpoint."""

    def test_from_a_checkpoint(self):
        """Every model: the right class, scheduler and factors; the weights of the checkpoint; two steps."""
        for m in BY_NAME.values():
            with self.subTest(model=m.name):
                shutil.rmtree(self.out, ignore_errors=True)
                tensors = self.checkpoint(m)
                result = self.join(self.save(tensors), m)
                self.assertIn("no tokenizer", result.stderr)
                index = json.loads((self.out / "model_index.json").read_text())
                kind = CogVideoXImageToVideoPipeline if m.i2v else CogVideoXPipeline
                self.assertEqual(index.pop("_class_name"), kind.__name__)
                self.assertEqual(index, {
                    "_diffusers_version": "0.32.2", "scheduler": ["diffusers", "CogVideoXDDIMScheduler"],
                    "text_encoder": ["transformers", "T5EncoderModel"], "tokenizer": [None, None],
                    "transformer": ["diffusers", "CogVideoXTransformer3DModel"],
                    "vae": ["diffusers", "AutoencoderKLCogVideoX"]})
                pipe = self.load(kind, tokenizer=None)
                self.assertEqual(pipe.vae.config.scaling_factor, 0.7 if m.rotary else 1.15258426)
                self.assertEqual(pipe.vae.config.invert_scale_latents, m.is_1_5)
                self.assertEqual(pipe.scheduler.config.snr_shift_scale, 1.0 if m.rotary else 3.0)
                self.assertEqual(pipe.scheduler.config.timestep_spacing, "trailing")
                self.assert_same(pipe.transformer.state_dict(),
                                 {k: t.float() for k, t in cogmake.wanted_transformer(tensors, m).items()}, m.name)
                self.assert_same(pipe.vae.state_dict(), cogmake.wanted_vae(tensors, VAE), m.name)
                self.assertTrue(torch.equal(pipe.text_encoder.shared.weight, tensors[T5 + "shared.weight"].float()))
                self.assertTrue(torch.isfinite(run(pipe, m)).all())


    def test_chosen(self):
        """A checkpoint of several models to a folder is a pipeline, unasked."""
        m = BY_NAME["5B"]
        tensors = self.checkpoint(m)
        wide = cogmake.vae(m.dtype, VAE, channels=(32, 32), latents=16)
        result = self.run_fmtconv(self.save({**cogmake.transformer(m), **cogmake.text_encoder(m.dtype), **wide}), f"{self.out}/")
        self.assertIn("-t transformer/cogvideox-transformer", result.stderr)
        self.assertIn("-t cogvideox-pipeline", result.stderr)
        self.assert_same(self.load(CogVideoXPipeline, tokenizer=None).vae.state_dict(), cogmake.wanted_vae(wide, VAE, levels=2))
        shutil.rmtree(self.out)
        for name in list(tensors):
            if name.startswith(VAE):
                del tensors[name]
        result = self.run_fmtconv(self.save(tensors), f"{self.out}/", status=1)
        self.assertIn("the pipeline has no component 'vae'", result.stderr)
        self.assertIn("3d-vae.pt", result.stderr)
        self.assert_clean(self.tmp)

    def test_overrides(self):
        m = BY_NAME["2B"]
        source = self.save(self.checkpoint(m))
        self.join(source, m, join="cogvideox-pipeline:vae.scaling_factor=0.5,scheduler.timestep_spacing=\"linspace\","
                                  "scheduler._class_name=\"CogVideoXDPMScheduler\"")
        pipe = self.load(CogVideoXPipeline, tokenizer=None)
        self.assertEqual(pipe.vae.config.scaling_factor, 0.5)
        self.assertEqual(pipe.scheduler.config.timestep_spacing, "linspace")
        self.assertEqual(type(pipe.scheduler).__name__, "CogVideoXDPMScheduler")
        shutil.rmtree(self.out)
        result = self.join(source, m, join="cogvideox-pipeline:vae.scaling_facto=0.5")
        self.assertIn("scaling_facto", result.stderr)

    def test_one_component_alone(self):
        """Without a pipeline, the VAE warns of the values that it cannot detect."""
        path = self.save(cogmake.vae(latents=16))
        result = self.run_fmtconv("-t", "cogvideox-vae:config.norm_num_groups=4", path, f"{self.out}/")
        self.assertIn("does not state which model this VAE is for", result.stderr)
        result = self.run_fmtconv("-t", "cogvideox-pipeline", path, f"{self.tmp}/x/", status=2)
        self.assertIn("the input is a single model", result.stderr)


class Specs(Joined):
    """Components from separate files."""

    def spec(self, m, t5, tokenizer=None, vae="3d-vae.pt"):
        """With the parameters that cannot be detected in narrow models; tokenizer None: the one in the folder of T5."""
        sizes = {k.removeprefix("config."): int(v) for k, v in (pair.split("=") for pair in m.sample.split(","))}
        options = {f"config.{k}": v for k, v in sizes.items()} | ({"rotary": True} if m.rotary and m.is_1_5 else {})
        components = {
            "transformer": {"read": {"torch": {"path": "model.pt"}}, "transform": [{"cogvideox-transformer": options}]},
            "vae": {"read": {"torch": {"path": vae}}, "transform": [{"cogvideox-vae": {"config.norm_num_groups": 4}}]}}
        if t5 and t5[0] == "=":
            components["text_encoder"] = {"copy": {"from": t5[1:]}}
        elif t5:
            components["text_encoder"] = {"read": {"diffusers": {"path": t5}}}
        if tokenizer:
            components["tokenizer"] = {"copy": {"from": tokenizer, "files": ["*token*.json"]}}
        path = self.tmp / "spec.yaml"
        path.write_text(json.dumps({"fmtconv": 1, "components": components, "transform": ["cogvideox-pipeline"],
                                    "write": {"diffusers": {"path": "out"}}}))
        return path

    def test_text_encoders(self):
        """T5 in a separate layout, flat, in pickles, absent, copied unchanged; a VAE in 32 bits."""
        encoder, tokenizer = pipemake.text_encoder(), pipemake.tokenizer()
        encoder.save_pretrained(self.tmp / "t5" / "text_encoder", max_shard_size="9KB")
        tokenizer.save_pretrained(self.tmp / "t5" / "tokenizer")
        encoder.save_pretrained(self.tmp / "flat")
        save_bin(encoder, self.tmp / "pickles", 3)
        for folder in ("flat", "pickles"):
            tokenizer.save_pretrained(self.tmp / folder)
        vae = cogmake.vae(latents=16)
        torch.save({"state_dict": vae}, self.tmp / "3d-vae.pt")
        for name, t5, copied in (("5B", "t5/text_encoder", "t5/tokenizer"), ("1.5-5B-I2V", "flat", "flat"),
                                 ("2B", "flat", None), ("5B-I2V", "pickles", None), ("1.5-5B", None, None), ("2B", "=flat", None)):
            with self.subTest(model=name, t5=t5):
                m = BY_NAME[name]
                shutil.rmtree(self.out, ignore_errors=True)
                tensors = cogmake.transformer(m)
                self.save(tensors)
                result = self.run_fmtconv("-p", self.spec(m, t5, copied), "--verify")
                self.assertNotIn("warning", result.stderr)
                self.assertEqual("no text encoder and no tokenizer" in result.stderr, t5 is None)
                kind = CogVideoXImageToVideoPipeline if m.i2v else CogVideoXPipeline
                pipe = self.load(kind, **({} if t5 else {"text_encoder": None, "tokenizer": None}))
                self.assertEqual(pipe.vae.config.scaling_factor, 0.7 if m.rotary else 1.15258426)
                self.assertEqual(pipe.vae.config.invert_scale_latents, m.is_1_5)
                self.assert_same(pipe.vae.state_dict(), cogmake.wanted_vae(vae))
                self.assert_same(pipe.transformer.state_dict(),
                                 {k: t.float() for k, t in cogmake.wanted_transformer(tensors, m).items()}, name)
                if t5:
                    self.assert_same(pipe.text_encoder.state_dict(), encoder.state_dict())
                    self.assertEqual(pipe.tokenizer("a cat").input_ids, tokenizer("a cat").input_ids)
                    self.assertFalse(list((self.out / "text_encoder").glob("*token*")))
                self.assertTrue(torch.isfinite(run(pipe, m, "a cat" if t5 else None)).all())

    def test_wrong_ones(self):
        """A text encoder of another width; a VAE that is none."""
        m = BY_NAME["5B"]
        self.save(cogmake.transformer(m))
        pipemake.text_encoder(width=24).save_pretrained(self.tmp / "flat")
        torch.save(cogmake.vae(latents=16), self.tmp / "3d-vae.pt")
        error = self.run_fmtconv("-p", self.spec(m, "flat"), status=1).stderr
        self.assertIn("has width 24", error)
        self.assertFalse(self.out.exists())
        error = self.run_fmtconv("-p", self.spec(m, None, vae="model.pt"), status=1).stderr
        self.assertIn("no VAE of CogVideoX found", error)


class Folders(Case):
    """Pipelines that diffusers saved."""

    def setUp(self):
        super().setUp()
        self.ref, self.out = self.tmp / "ref", self.tmp / "out"

    def convert(self, *arguments, writer="diffusers", status=0):
        return self.run_fmtconv("-f", *arguments, "-w", writer, self.ref, self.out, status=status)

    def index(self, change=None):
        path = self.ref / "model_index.json"
        index = json.loads(path.read_text())
        if change:
            change(index)
            path.write_text(json.dumps(index))
        return index

    def assert_equal(self, got, wanted):
        """Pipelines of the same components."""
        self.assertEqual(set(got.components), set(wanted.components))
        for name, part in wanted.components.items():
            if isinstance(part, torch.nn.Module):
                self.assert_same(getattr(got, name).state_dict(), part.state_dict(), name)
        self.assertEqual(*({k: v for k, v in p.scheduler.config.items() if k[0] != "_"} for p in (got, wanted)))

    def test_same_bytes(self):
        """Read and written again, every file is the same; the pipeline runs from the prompt on."""
        m = replace(BY_NAME["5B"], grid=(2, 2, 2), text_length=8)
        for i2v, is_1_5, rotary in ((False, False, False), (True, False, True), (False, True, True), (True, True, True)):
            with self.subTest(i2v=i2v, is_1_5=is_1_5):
                pipe = pipemake.pipeline(i2v, is_1_5, rotary)
                pipe.save_pretrained(self.ref)
                self.convert("--verify", "-t", "none")
                self.assertEqual(files(self.out), files(self.ref))
                loaded, pipe = (type(pipe).from_pretrained(folder) for folder in (self.out, self.ref))
                self.assert_equal(loaded, pipe)
                latents = run(loaded, replace(m, i2v=i2v, is_1_5=is_1_5), "a cat")
                self.assertTrue(torch.isfinite(latents).all())
                self.assertTrue(torch.equal(latents, run(pipe, replace(m, i2v=i2v, is_1_5=is_1_5), "a cat")))
                shutil.rmtree(self.out)
                shutil.rmtree(self.ref)

    def test_join_of_a_folder(self):
        """Entries of a pipeline's index are kept; the join adds those that are missing."""
        pipe = pipemake.pipeline(rotary=False)
        pipe.save_pretrained(self.ref)
        shutil.rmtree(self.ref / "scheduler")
        self.index(lambda i: i.update(scheduler=[None, None], _name_or_path="somewhere"))
        before = files(self.ref)
        self.convert("-t", "none")
        self.assertEqual(self.index(), json.loads((self.out / "model_index.json").read_text()))
        self.assertEqual(files(self.out) | {"model_index.json": b""}, before | {"model_index.json": b""})
        shutil.rmtree(self.out)
        self.convert("-t", "cogvideox-pipeline")
        self.assert_equal(CogVideoXPipeline.from_pretrained(self.out), pipe)
        self.assertEqual(json.loads((self.out / "model_index.json").read_text())["_name_or_path"], "somewhere")

    def test_flat_text_encoder(self):
        """A folder of T5 that contains its tokenizer is copied unchanged; in a pipeline both have separate folders."""
        pipe = pipemake.pipeline()
        pipe.save_pretrained(self.ref)
        flat = self.ref / "text_encoder"
        for path in (self.ref / "tokenizer").iterdir():
            path.rename(flat / path.name)
        (flat / "generation_config.json").write_text("{}\n")
        (flat / "README.md").write_text("about")
        (self.ref / "tokenizer").rmdir()
        self.index(lambda i: i.update(tokenizer=[None, None]))
        result = self.convert("-v", "-t", "cogvideox-pipeline")
        self.assertNotIn("no tokenizer", result.stderr)
        self.assertIn("README.md", result.stderr)
        self.assertEqual(sorted(p.name for p in (self.out / "text_encoder").iterdir()),
                         ["config.json", "generation_config.json", "model.safetensors"])
        loaded = CogVideoXPipeline.from_pretrained(self.out)
        self.assert_equal(loaded, pipe)
        self.assertEqual(loaded.tokenizer("a cat").input_ids, pipe.tokenizer("a cat").input_ids)
        # Alone, recognized or not.
        for transform in (["-t", "none"], []):
            self.run_fmtconv("--verify", *transform, "-w", "diffusers:max-shard-size=9KB", flat, self.tmp / "t5")
            got, info = T5EncoderModel.from_pretrained(self.tmp / "t5", output_loading_info=True)
            self.assertFalse(any(info.values()), info)
            self.assert_same(got.state_dict(), pipe.text_encoder.state_dict())
            self.assertEqual(T5Tokenizer.from_pretrained(self.tmp / "t5")("a cat").input_ids, pipe.tokenizer("a cat").input_ids)
            shutil.rmtree(self.tmp / "t5")
        result = self.run_fmtconv("-t", "none", flat, self.tmp / "x.safetensors")
        self.assertIn("3 other files are dropped:", result.stderr)

    def test_pair(self):
        """text_encoder/ and tokenizer/ in a separate folder, without an index."""
        pipe = pipemake.pipeline()
        pipe.text_encoder.save_pretrained(self.ref / "text_encoder")
        pipe.tokenizer.save_pretrained(self.ref / "tokenizer")
        result = self.run_fmtconv(self.ref, f"{self.out}/")
        self.assertIn("not writing model_index.json", result.stderr)
        self.assertEqual(files(self.out), files(self.ref))

    def test_alone(self):
        """A scheduler, a tokenizer."""
        pipemake.pipeline().save_pretrained(self.ref)
        for name in ("scheduler", "tokenizer"):
            self.run_fmtconv(self.ref / name, f"{self.out}/")
            self.assertEqual(files(self.out), files(self.ref / name))
            shutil.rmtree(self.out)

    def test_tied(self):
        """The embedding's second name is left out, as transformers saves it."""
        pipe = pipemake.pipeline()
        pipe.save_pretrained(self.ref)
        shutil.rmtree(self.ref / "text_encoder")
        save_bin(pipe.text_encoder, self.ref / "text_encoder", 2)
        self.convert("-t", "cogvideox-pipeline")
        got = safetensors.torch.load_file(self.out / "text_encoder" / "model.safetensors")
        self.assertNotIn("encoder.embed_tokens.weight", got)
        self.assert_equal(CogVideoXPipeline.from_pretrained(self.out), pipe)

    def test_whole_t5(self):
        """Of a complete T5, as published, the encoder is used."""
        pipe = pipemake.pipeline()
        pipe.save_pretrained(self.ref)
        shutil.rmtree(self.ref / "text_encoder")
        torch.manual_seed(3)
        t5 = T5ForConditionalGeneration(pipe.text_encoder.config)
        t5.save_pretrained(self.ref / "text_encoder")
        result = self.convert("-v", "-t", "cogvideox-pipeline")
        self.assertIn("T5's decoder", result.stderr)
        loaded = CogVideoXPipeline.from_pretrained(self.out).text_encoder
        self.assertIsInstance(loaded, T5EncoderModel)
        wanted = T5EncoderModel.from_pretrained(self.ref / "text_encoder").state_dict()
        self.assert_same(loaded.state_dict(), wanted)
        got = safetensors.torch.load_file(self.out / "text_encoder" / "model.safetensors")
        self.assertEqual(sorted(got), sorted(k for k in wanted if "embed_tokens" not in k))

    def test_shards_and_variants(self):
        pipe = pipemake.pipeline()
        for size, variant, safe in (("40KB", None, True), ("10GB", "fp16", True), ("40KB", "fp16", True), ("40KB", None, False)):
            with self.subTest(size=size, variant=variant, safe=safe):
                pipe.save_pretrained(self.ref, max_shard_size=size, variant=variant, safe_serialization=safe)
                more = f",variant={variant}" if variant else ""
                self.convert("--verify", "-t", "none", "-r", "diffusers:" + more[1:] if more else "diffusers",
                             writer=f"diffusers:max-shard-size=40KB{more}")
                self.assert_equal(CogVideoXPipeline.from_pretrained(self.out, variant=variant), pipe)
                self.assertTrue(list((self.out / "vae").glob("*-00001-of-*")))
                # Over an older one with other files.
                self.convert("-t", "none")
                self.assertFalse(variant is None and list((self.out / "vae").glob("*-00001-of-*")))
                self.assert_equal(CogVideoXPipeline.from_pretrained(self.out), pipe)
                shutil.rmtree(self.out)
                shutil.rmtree(self.ref)

    def test_part_of_a_variant(self):
        """Components without the variant are read without it."""
        pipe = pipemake.pipeline()
        pipe.save_pretrained(self.ref)
        result = self.convert("-t", "none", "-r", "diffusers:variant=fp16", status=1)
        self.assertIn("no component has weights of the variant 'fp16'", result.stderr)
        weights = self.ref / "vae" / "diffusion_pytorch_model.safetensors"
        weights.rename(weights.with_suffix(".fp16.safetensors"))
        result = self.convert("-t", "none", "-r", "diffusers:variant=fp16")
        self.assertIn("transformer has no weights of the variant 'fp16'", result.stderr)
        self.assert_equal(CogVideoXPipeline.from_pretrained(self.out), pipe)

    def test_dtype(self):
        """The variant of all components except the VAE; of one component."""
        pipemake.pipeline().save_pretrained(self.ref)
        dtypes = {"transformer": torch.float16, "text_encoder": torch.float16, "vae": torch.float32}
        for options, changes in ((["--dtype", "f16"], {}), (["-t", "transformer/cast:to=bf16"], {
                "transformer": torch.bfloat16, "text_encoder": torch.float32})):
            self.convert(*options)
            for name, dtype in (dtypes | changes).items():
                weights, = (self.out / name).glob("*.safetensors")
                self.assertEqual({t.dtype for t in safetensors.torch.load_file(weights).values()}, {dtype}, name)
            self.assertEqual((self.out / "model_index.json").read_bytes(), (self.ref / "model_index.json").read_bytes())
            config = json.loads((self.out / "text_encoder" / "config.json").read_text())
            self.assertEqual(f"torch.{config['dtype']}", str((dtypes | changes)["text_encoder"]))

    def test_dry_run_and_inspect(self):
        pipemake.pipeline(i2v=True).save_pretrained(self.ref)
        result = self.convert("-n")
        self.assertIn("tokenizer/tokenizer.json", result.stdout + result.stderr)
        self.assertFalse(self.out.exists())
        report = json.loads(self.run_fmtconv("inspect", "--json", self.ref).stdout.splitlines()[-1])
        self.assertEqual(report["title"], "CogVideoXImageToVideoPipeline")

    # ---- Errors

    def refuse(self, *words, transform="none", change=None, status=1):
        if change:
            self.index(change)
        error = self.convert("-t", transform, status=status).stderr
        for word in words:
            self.assertIn(word, error)
        self.assertFalse(self.out.exists())
        self.assert_clean(self.tmp)

    def test_broken_indexes(self):
        pipemake.pipeline().save_pretrained(self.ref)
        good = (self.ref / "model_index.json").read_text()
        for change, words in (
            (lambda i: i.update(vae=["diffusers", None]), ("'vae'", "only one of")),
            (lambda i: i.update({"../vae": ["diffusers", "X"]}), ("../vae", "is not a valid component name")),
            (lambda i: i.update({"/vae": [None, None]}), ("/vae", "is not a valid component name")),
            (lambda i: i.update({"": ["a", "b"]}), ("is not a valid component name",)),
            (lambda i: i.update(other=["diffusers", "X"]), ("'other'", "no such folder", "complete")),
            (lambda i: i.clear(), ("does not name a component",)),
        ):
            self.refuse(*words, change=change)
            (self.ref / "model_index.json").write_text(good)
        for text in ("", "[]", "7", '{"a": 1, "a": 2}', "{"):
            (self.ref / "model_index.json").write_text(text)
            self.refuse("model_index.json")
        (self.ref / "model_index.json").write_text(good)
        (self.ref / "file").write_text("")
        self.refuse("'file'", "is not a folder", change=lambda i: i.update(file=["diffusers", "X"]))
        (self.ref / "model_index.json").write_text(good)
        shutil.rmtree(self.ref / "vae")
        self.refuse("'vae'", "no such folder")
        shutil.rmtree(self.ref / "tokenizer")
        (self.ref / "tokenizer").mkdir()
        self.refuse("tokenizer", "no files")

    def test_lost_weights(self):
        pipemake.pipeline().save_pretrained(self.ref)
        (self.ref / "vae" / "diffusion_pytorch_model.safetensors").unlink()
        self.refuse("no weights in", "vae")

    def test_strangers(self):
        """Folders that the index does not name are skipped and listed; its other entries are kept."""
        pipe = pipemake.pipeline()
        pipe.save_pretrained(self.ref)
        (self.ref / "old").mkdir()
        (self.ref / ".cache").mkdir()
        (self.ref / "README.md").write_text("about")
        self.index(lambda i: i.update(requires_safety_checker=False, three=[1, 2, 3], kind=["x", "y", "z"],
                                      tokenizer=[None, None]))
        result = self.convert("-v", "-t", "none")
        self.assertRegex(result.stderr, r"\[null, null\] for it(.|\n)*tokenizer|tokenizer(.|\n)*\[null, null\] for it")
        for name in ("old", "README.md"):
            self.assertRegex(result.stderr, rf"{name}.*model_index.json does not name it|model_index.json does not name it(.|\n)*{name}")
            self.assertFalse((self.out / name).exists())
        self.assertNotIn(".cache", result.stderr)
        self.assertEqual(json.loads((self.out / "model_index.json").read_text()), self.index())

    def test_joins_refused(self):
        join = "cogvideox-pipeline"
        pipemake.pipeline().save_pretrained(self.ref)
        good = (self.ref / "model_index.json").read_text()

        def restored():
            (self.ref / "model_index.json").write_text(good)

        self.refuse("no component 'transformer'", "-t transformer/cogvideox-transformer", transform=join,
                    change=lambda i: i.update(transformer=[None, None]))
        restored()
        self.refuse("no component 'vae'", "3d-vae.pt", transform=join, change=lambda i: i.pop("vae"))
        restored()
        self.refuse("'vae' has the class AutoencoderKL instead", transform=join,
                    change=lambda i: i.update(vae=["diffusers", "AutoencoderKL"]))
        restored()
        shutil.copytree(self.ref / "scheduler", self.ref / "other")
        self.refuse("has only the components", "other", transform=join, status=2,
                    change=lambda i: i.update(other=["diffusers", "X"]))
        restored()
        pipemake.text_encoder(width=24).save_pretrained(self.ref / "text_encoder")
        self.refuse("has width 24", "takes width 32", transform=join)
        shutil.rmtree(self.ref / "text_encoder")
        shutil.copytree(self.ref / "vae", self.ref / "text_encoder")
        self.refuse("'text_encoder' is not a T5", transform=join)
        shutil.rmtree(self.ref / "text_encoder")
        encoder = pipemake.text_encoder()
        encoder.save_pretrained(self.ref / "text_encoder")
        config = self.ref / "text_encoder" / "config.json"
        config.write_text(config.read_text().replace('"t5"', '"umt5"'))
        self.refuse("that of umt5", transform=join)

    def test_two_models(self):
        """A VAE of another model."""
        pipemake.pipeline(rotary=False).save_pretrained(self.ref)
        path = self.ref / "vae" / "config.json"
        config = json.loads(path.read_text())
        path.write_text(json.dumps(config | {"scaling_factor": 0.7, "invert_scale_latents": True}))
        result = self.convert("-t", "cogvideox-pipeline")
        self.assertIn("vae.scaling_factor=1.15258426", result.stderr)
        self.assertIn("vae.invert_scale_latents=false", result.stderr)
        result = self.convert("-t", "cogvideox-pipeline:vae.scaling_factor=0.7,vae.invert_scale_latents=true")
        self.assertNotIn("warning", result.stderr)
        path.write_text(json.dumps(config | {"latent_channels": 8}))
        shutil.rmtree(self.out)
        self.refuse("latents have 8 channels, the transformer's 16", transform="cogvideox-pipeline")


if __name__ == "__main__":
    unittest.main()
