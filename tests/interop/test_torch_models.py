# SPDX-License-Identifier: Apache-2.0
"""Whose tensors are meant: state dicts in checkpoints of all makers, pickled modules, numpy arrays; what is left out is told."""
# Plugins: safetensors torch

import argparse
import pickle
import unittest
import warnings
from collections import OrderedDict

import numpy as np
import safetensors.torch
import torch
from make_torch_zoo import UNTYPED, all_shapes
from support import Case

warnings.filterwarnings("ignore")


class Net(torch.nn.Module):
    """Nested modules, a list, a dictionary, buffers, ties, and attributes that state_dict() does not save."""

    def __init__(self):
        super().__init__()
        self.first = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3, bias=False), torch.nn.BatchNorm2d(4), torch.nn.ReLU())
        self.heads = torch.nn.ModuleList([torch.nn.Linear(4, 2), torch.nn.Linear(4, 2)])
        self.named = torch.nn.ModuleDict({"a": torch.nn.LayerNorm(4)})
        self.extra = torch.nn.ParameterDict({"*": torch.nn.Parameter(torch.randn(2, 3))})
        self.heads[1].weight = self.heads[0].weight
        self.scale = torch.nn.Parameter(torch.randn(()))
        self.register_buffer("grid", torch.randn(5, 3).t())
        self.register_buffer("scratch", torch.randn(7), persistent=False)
        self.register_parameter("none", None)
        self.again = [self.first, self.heads]


class Other(torch.nn.Module):
    """One with a tensor that is a plain attribute."""

    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(2, 2)
        self.anchors = torch.arange(6.0)


def small():
    torch.manual_seed(1)
    return torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4), torch.nn.Linear(4, 2))


def trained(net):
    """An Adam that has made a step."""
    optimizer = torch.optim.Adam(net.parameters())
    net(torch.randn(5, 3)).sum().backward()
    optimizer.step()
    return optimizer


class Models(Case):
    def save(self, value, **options):
        source = self.tmp / "in.pt"
        torch.save(value, source, **options)
        return source

    def convert(self, source, wanted, *options, reader="torch"):
        out = self.tmp / "out.safetensors"
        result = self.run_fmtconv("-f", *options, "-r", reader, "-t", "none", "-w", "safetensors:tied=copy", source, out)
        wanted = {name: t.detach().as_subclass(torch.Tensor) for name, t in wanted.items()}
        self.assert_same(safetensors.torch.load_file(out), wanted, reader)
        return result

    def refuse(self, source, *says, options=(), reader="torch"):
        out = self.tmp / "none.safetensors"
        result = self.run_fmtconv(*options, "-r", reader, "-t", "none", source, out, status=1)
        for text in says:
            self.assertIn(text, result.stderr)
        self.assertFalse(out.exists())
        self.assert_clean(self.tmp)
        return result


class Roots(Models):
    def checkpoints(self, weights, optimizer):
        """What programs put around a state dict."""
        state = optimizer.state_dict()
        scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 3).state_dict()
        ema = {"mean": torch.tensor(0.5), "count": 3}
        return {
            "tutorial": {"epoch": 1, "model_state_dict": weights, "optimizer_state_dict": state, "loss": torch.tensor(0.5)},
            "net": {"net": weights, "acc": 93.5, "epoch": 12},
            "net alone": {"net": weights},
            "params_ema": {"params_ema": weights},
            "generator": {"generator": weights},
            "nested": {"state_dict": {"state_dict": weights}},
            "lightning": {"epoch": 3, "global_step": 120, "pytorch-lightning_version": "2.5.0", "state_dict": weights,
                          "loops": {"fit_loop": {"state_dict": {}, "epoch_progress": {"total": 3}}},
                          "callbacks": {"Checkpoint{'monitor': 'loss'}": {"best_model_score": torch.tensor(0.1), "dirpath": "x"}},
                          "optimizer_states": [state], "lr_schedulers": [scheduler], "hparams_name": "kwargs",
                          "hyper_parameters": {"lr": 1e-3, "pos_weight": torch.ones(3)}, "MixedPrecision": {"scale": 1.0}},
            "whisper": {"dims": {"n_mels": 80, "n_vocab": 51865}, "model_state_dict": weights},
            "a1111": {"state_dict": weights, "global_step": 470000},
            "rvc": {"weight": weights, "config": [1025, 32, [3, 7]], "info": "200epoch", "sr": "40k", "f0": 1},
            "demucs": {"klass": Net, "args": (), "kwargs": {"x": 1}, "state": weights, "training_args": argparse.Namespace(a=1)},
            "mim": {"meta": {"epoch": 1}, "state_dict": weights, "optimizer": state},
            "states beside": {"model": weights, "rng_state": torch.get_rng_state(), "cuda_rng_states": [torch.get_rng_state()],
                              "scaler": {"scale": torch.ones(1)}, "optimizers": {"a": state, "b": state}},
            "an optimizer itself": {"my_model": weights, "training": optimizer},
            "unknown name, optimizer of unknown name": {"my_model": weights, "adam": state, "stats": ema},
            "unknown levels": {"epoch": 1, "checkpoint": {"step": 3, "inner": weights, "adam": state}},
            "with its settings": ({"layers": 3}, weights),
            "in a list": [weights, 3, None],
        }

    def test_found_by_what_it_is(self):
        net = small()
        optimizer = trained(net)
        weights = net.state_dict()
        for name, value in self.checkpoints(weights, optimizer).items():
            for old in (False, True):
                with self.subTest(name, old=old):
                    source = self.save(value, _use_new_zipfile_serialization=not old)
                    loaded = torch.load(source, weights_only=False)  # torch reads it
                    self.assertEqual(type(loaded), type(value))
                    self.convert(source, weights)

    def test_said(self):
        """A name that is not usual is told; moments are told with their bytes; scalars too."""
        net = small()
        optimizer = trained(net)
        source = self.save({"my_model": net.state_dict(), "adam": optimizer.state_dict(), "loss": torch.tensor(0.5)})
        result = self.convert(source, net.state_dict(), "-v")
        said = result.stdout + result.stderr
        self.assertIn("reading 'my_model'", said)
        moments = sum(t.nbytes for s in optimizer.state.values() for t in s.values())
        self.assertRegex(said, rf"skipped +adam: dict of 2, {3 * 6} tensors: outside root 'my_model', {moments} B")
        self.assertRegex(said, r"skipped +loss: tensor: outside root 'my_model', 4 B")
        self.convert(source, net.state_dict(), "--strict")

    def test_flat(self):
        """A state dict at the top stays what it is, numbers of no dimension included; moments beside it are not weights."""
        net = small()
        weights = dict(net.state_dict()) | {"logit_scale": torch.tensor(2.5)}
        self.convert(self.save(weights | {"epoch": 3, "name": "x"}), weights)
        optimizer = trained(net)
        result = self.convert(self.save(weights | {"optimizer": optimizer.state_dict()}), weights, "-v")
        self.assertRegex(result.stdout + result.stderr, "skipped +optimizer: dict of 2, 18 tensors: the state of an optimizer")
        self.convert(self.save(weights | {"adam": optimizer.state_dict()}), weights)
        everything = self.convert_all(weights | {"adam": optimizer.state_dict()})
        self.assertIn("adam.state.0.exp_avg", everything)

    def convert_all(self, value):
        source, out = self.save(value), self.tmp / "all.safetensors"
        self.run_fmtconv("-f", "-r", "torch:root=.", "-t", "none", source, out)
        return safetensors.torch.load_file(out)

    def test_nested_models(self):
        """Dictionaries of tensors and nothing else are one model, as IP-Adapter's are."""
        parts = {"image_proj": {"proj.weight": torch.randn(3, 4)}, "ip_adapter": {"1.to_k.weight": torch.randn(2, 2)}}
        self.convert(self.save(parts), {f"{a}.{b}": t for a, p in parts.items() for b, t in p.items()})
        tree = {"encoder": {"l0": {"w": torch.randn(2)}, "l1": {"w": torch.randn(2)}}}
        self.convert(self.save(tree), {"encoder.l0.w": tree["encoder"]["l0"]["w"], "encoder.l1.w": tree["encoder"]["l1"]["w"]})

    def test_several(self):
        a, b = small().state_dict(), {k: v + 1 for k, v in small().state_dict().items()}
        other = {"body.0.weight": torch.randn(2, 2)}
        for value, names in (
                ({"params": a, "params_ema": b}, ("params", "params_ema")),
                ({"student": a, "teacher": b, "epoch": 3}, ("student", "teacher")),
                ({"student": a, "teacher": b}, ("student", "teacher")),
                ({"generator": a, "discriminator": other, "optim_g": {}, "epoch": 1}, ("generator", "discriminator")),
                ({"model": a, "discriminator": other}, ("model", "discriminator")),
                ({"mpd": a, "msd": other, "steps": 5}, ("mpd", "msd")),
                ({"model": small(), "ema": small(), "epoch": 1}, ("model", "ema")),
                ({"epoch": 1, "state": {"net_a": a, "net_b": other, "step": 3}}, ("state.net_a", "state.net_b"))):
            with self.subTest(names):
                source = self.save(value)
                said = self.refuse(source, f"both '{names[0]}' and '{names[1]}' hold weights", f"root={names[0]} (",
                                   f"root={names[1]} (", f"-r torch:root={names[0]} or -r torch:root={names[1]}")
                self.assertNotIn("Traceback", said.stderr)
        source = self.save({"params": a, "params_ema": b})
        self.convert(source, b, reader="torch:root=params_ema")
        self.convert(source, {f"{k}.{n}": t for k, d in (("params", a), ("params_ema", b)) for n, t in d.items()},
                     reader="torch:root=.")
        three = {f"net_{x}": {f"{x}.weight": torch.randn(2)} for x in "abc"} | {"epoch": 1}
        self.refuse(self.save(three), "3 dictionaries hold weights", "root=net_a (", "root=net_c (")
        self.refuse(self.save({"my_net": a, "table": torch.randn(5), "epoch": 3}), "'my_net' holds weights, and other values",
                    "root=my_net", "root=. all of them")

    def test_embeddings(self):
        """Textual inversion, as the web UI and as diffusers keep it."""
        vector = torch.randn(2, 768)
        for param in (torch.nn.ParameterDict({"*": torch.nn.Parameter(vector)}), {"*": vector}):
            source = self.save({"string_to_token": {"*": torch.tensor(265)}, "string_to_param": param, "name": "cat",
                                "step": 500, "sd_checkpoint": "abc", "sd_checkpoint_name": None})
            self.convert(source, {"*": vector})
            self.assertTrue(torch.equal(torch.load(source, weights_only=False)["string_to_param"]["*"].data, vector))
        self.convert(self.save({"<cat>": vector}), {"<cat>": vector})

    def test_lost(self):
        """Arrays outside the model that no optimizer has are lost: warned of, and refused by --strict."""
        weights = small().state_dict()
        source = self.save({"model": weights, "centers": torch.ones(5, 2)})
        self.assertIn("left out: 1 tensor outside the model, 40 bytes", self.convert(source, weights).stderr)
        self.refuse(source, "left out", options=["--strict"])
        self.convert(source, weights, "--strict", reader="torch:root=model")
        self.convert(self.save({"model": weights, "optimizer": trained(small()).state_dict()}), weights, "--strict")


    def test_weights_with_names_of_other_things(self):
        """A name alone does not make weights training state: they are candidates, part of the model, or told as left out."""
        one, two = {"l.weight": torch.randn(4, 4)}, {"m.weight": torch.randn(3, 4)}
        for value in ({"history_encoder": one, "action_head": two}, {"opt": one, "qformer": two},
                      {"random_proj": one, "head": two}, {"model": {"opt": one, "enc": two}, "epoch": 1}):
            inner = value.get("model", value)
            self.convert(self.save(value), {f"{k}.{n}": t for k, sd in inner.items() for n, t in sd.items()}, "--strict")
        for value in ({"frozen_encoder": one, "head": two, "epoch": 3}, {"cfg": {}, "metric_fc": one, "backbone": two, "n": 1},
                      {"opt_head": one, "backbone": two, "epoch": 1}):
            first, second = [k for k, sd in value.items() if isinstance(sd, dict) and sd]
            self.refuse(self.save(value), "hold weights", f"root={first} ", f"root={second} ")
        for value in ({"model": one, "criterion": two, "epoch": 3}, {"state_dict": one, "callbacks": {"EMA": two}},
                      {"model": one, "loss_weights": two}):
            source = self.save(value)
            self.assertIn("left out: 1 tensor outside the model", self.convert(source, one).stderr)
            self.refuse(source, "left out", options=("--strict",))

        class Holder(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.opt, self.loss, self.enc = (torch.nn.Linear(2, 2) for _ in range(3))

        globals()["Holder"], Holder.__qualname__ = Holder, "Holder"
        model = Holder()
        self.convert(self.save(model), model.state_dict(), "--strict")

    def test_optimizers_at_any_depth(self):
        """The state of an optimizer is never written unasked: not in another dictionary, and not as the only content."""
        net = small()
        state, weights = trained(net).state_dict(), net.state_dict()
        for value in ({"app": {"model": weights, "optim": state}}, {"0": {"model": weights, "o": state}},
                      {"model": {"inner": weights, "mine": state}, "epoch": 1}):
            self.assertIn("skipped", self.convert(self.save(value), weights).stderr)
        for value in (state, torch.optim.SGD(net.parameters(), 0.1), [state]):
            self.refuse(self.save(value), "the state of an optimizer, not a model", "root=.")
        self.run_fmtconv("-f", "-r", "torch:root=.", "-t", "none", self.save(state), self.tmp / "all.safetensors")
        self.assertIn("state.0.exp_avg", safetensors.torch.load_file(self.tmp / "all.safetensors"))


class Modules(Models):
    def test_saved_whole(self):
        """torch.save (model): what its state_dict() has, bit for bit, ties kept; nothing is called."""
        for make in (Net, small, lambda: torch.nn.DataParallel(Net()), lambda: Net().half(),
                     lambda: torch.nn.TransformerEncoderLayer(8, 2, 16), lambda: torch.nn.Embedding(7, 3)):
            torch.manual_seed(3)
            net = make()
            for options in ({}, {"_use_new_zipfile_serialization": False}, {"pickle_protocol": 4}):
                source = self.save(net, **options)
                said = self.convert(source, net.state_dict(), "--strict").stderr
                self.assertIn(f"reading a pickled {type(net).__module__}.{type(net).__qualname__} as data", said)
        source = self.tmp / "net.pkl"
        for protocol in (2, 3, 4, 5):
            source.write_bytes(pickle.dumps(Net(), protocol))
            self.convert(source, pickle.loads(source.read_bytes()).state_dict())

    def test_ties(self):
        source, out = self.save(Net()), self.tmp / "tied.pt"
        self.run_fmtconv("-r", "torch", "-t", "none", "-w", "torch", source, out)
        got = torch.load(out)
        self.assertEqual(got["heads.0.weight"].data_ptr(), got["heads.1.weight"].data_ptr())

    def test_inside_checkpoints(self):
        """ultralytics' checkpoints, and others that keep the module itself."""
        net = Net().half()
        weights = net.state_dict()
        optimizer = trained(small())
        ultralytics = {"epoch": -1, "best_fitness": 0.5, "model": net, "ema": None, "updates": None, "optimizer": None,
                       "train_args": {"imgsz": 640}, "train_metrics": {"mAP": 0.5}, "date": "2026", "version": "8.3.0"}
        for value in (ultralytics, ultralytics | {"model": None, "ema": net, "updates": 3}, {"net": net, "epoch": 3},
                      {"model": net, "optimizer": optimizer}, (net, {"lr": 1}), {"state_dict": {"model": net}}):
            self.convert(self.save(value), weights)
        self.convert(self.save({"backbone": net, "b": torch.ones(2)}), {f"backbone.{k}": v for k, v in weights.items()}
                     | {"b": torch.ones(2)})
        first = {k.removeprefix("first.0."): v for k, v in weights.items() if k.startswith("first.0.")}
        self.convert(self.save({"model": net}), first, reader="torch:root=model.first.0")
        self.convert(self.save(net), {"tensor": weights["grid"]}, reader="torch:root=grid")

    def test_attributes(self):
        """A tensor that is an attribute is not of the state dict: told, and refused by --strict."""
        net = Other()
        source = self.save(net)
        result = self.convert(source, net.state_dict(), "-v")
        said = result.stdout + result.stderr
        self.assertRegex(said, "skipped +anchors: tensor: neither a parameter nor a buffer of its module, 24 B")
        self.refuse(source, "left out: 1 tensor outside the model, 24 bytes", options=["--strict"])
        net = Net()
        result = self.convert(self.save(net), net.state_dict(), "-v")
        self.assertRegex(result.stdout + result.stderr, "skipped +scratch: tensor: a buffer that its module does not save, 28 B")

    def test_objects(self):
        """An object that is not a module is still refused."""
        class Thing:
            def __init__(self):
                self.w = torch.ones(2)
        globals()["Thing"] = Thing
        Thing.__qualname__ = "Thing"
        self.refuse(self.save(Thing()), "only the program that saved it can read")


def arrays():
    """Every type and order of memory that numpy pickles."""
    random, out = np.random.default_rng(0), OrderedDict()
    for code in ("?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8"):
        raw = random.integers(0, 2 if code == "?" else 256, 24 * np.dtype(code).itemsize, np.uint8)
        a = raw.view(code).reshape(2, 3, 4)
        forms = {"c": a, "fortran": np.asfortranarray(a), "cut": a[:, 1:, ::2], "turned": a.transpose(1, 2, 0),
                 "scalar": a[1, 2, 3:].reshape(()), "empty": a[:0], "flat": a.reshape(-1), "other way": a[::-1]}
        for name, form in forms.items():
            out[f"{code}.{name}"] = form
            if form.itemsize > 1:
                out[f"{code}.{name}.big"] = form.astype(np.dtype(code).newbyteorder(">"))
    return out


def as_tensors(arrays):
    return {n: torch.from_numpy(a.astype(a.dtype.newbyteorder("=")).copy()).reshape(a.shape) for n, a in arrays.items()}


class Arrays(Models):
    def check(self, source, wanted):
        self.assertIn("numpy arrays", self.convert(source, wanted).stderr)

    def test_every_form(self):
        """All types, byte orders and memory orders, in every container and protocol."""
        state = arrays()
        wanted = as_tensors(state)
        for protocol in (2, 3, 4, 5):
            for old in (False, True):
                self.check(self.save(state, pickle_protocol=protocol, _use_new_zipfile_serialization=not old), wanted)
            source = self.tmp / "in.pkl"
            source.write_bytes(pickle.dumps(state, protocol))
            self.check(source, wanted)

    def test_numpy_1(self):
        """The module names of numpy 1."""
        state = {k: arrays()[k] for k in ("f4.c", "f4.fortran.big", "i8.flat", "f4.empty")}
        for protocol in (2, 4, 5):
            data = pickle.dumps(state, protocol)
            if protocol == 2:
                renamed = data.replace(b"cnumpy._core.", b"cnumpy.core.")
            else:  # SHORT_BINUNICODE; no frame, because its length changes
                renamed = data[:2] + data[11:]
                for module in (b"numpy._core.multiarray", b"numpy._core.numeric"):
                    old = module.replace(b"._core", b".core")
                    renamed = renamed.replace(b"\x8c" + bytes([len(module)]) + module, b"\x8c" + bytes([len(old)]) + old)
            self.assertNotEqual(renamed, data)
            self.assertNotIn(b"_core", renamed)
            source = self.tmp / "in.pkl"
            source.write_bytes(renamed)
            self.check(source, as_tensors(state))

    def test_field_files(self):
        """Detectron2's pickles, files of tensors and arrays mixed, nested arrays."""
        weight, bias = np.arange(6, dtype=np.float32).reshape(2, 3), np.ones(3, np.float32)
        named = {"stem.conv1.weight": weight, "stem.bn.bias": bias}
        source = self.tmp / "d2.pkl"
        source.write_bytes(pickle.dumps({"model": named, "__author__": "x", "matching_heuristics": True}))
        self.check(source, as_tensors(named))
        self.check(self.save({"model": named}), as_tensors(named))
        self.check(self.save({"w": torch.ones(2), "b": weight}), {"w": torch.ones(2)} | as_tensors({"b": weight}))
        self.check(self.save({"a": {"b": [weight, {"c": bias}]}, "d": bias}), as_tensors({"a.b.0": weight, "a.b.1.c": bias, "d": bias}))

    def test_large(self):
        """A text of more than 16 MiB stands for bytes, too."""
        state = {"a": np.random.default_rng(0).random((1500, 2000)).astype(np.float32), "b": np.zeros(3, np.int8)}
        self.check(self.save(state), as_tensors(state))

    def test_refused(self):
        weight = torch.ones(2)
        for array, says in ((np.zeros(2, [("x", "f4"), ("y", "i4")]), "records"), (np.zeros(3, "V3"), "'V3'"),
                            (np.zeros(2, np.longdouble), "'f16'"), (np.zeros(2, np.clongdouble), "'c32'")):
            self.refuse(self.save({"w": weight, "a": array}), f"'a': ", says)
            self.refuse(self.save({"w": weight, "a": array}, pickle_protocol=5), says)

    def test_not_numbers(self):
        """Texts, dates and objects are no tensors: left out and told; an object with a tensor in it is refused."""
        weight = torch.ones(2)
        for array in (np.array(["a", "bcd"]), np.array([b"a", b"bc"]), np.array(["2020-01-01"], "M8[D]"),
                      np.array([1, "x", None], object)):
            source = self.save({"w": weight, "labels": array})
            result = self.convert(source, {"w": weight}, "-v")
            self.assertRegex(result.stdout + result.stderr, "skipped +labels: numpy array: not a tensor")
            self.refuse(source, "left out", options=["--strict"])
        holder = np.empty(1, object)
        holder[0] = torch.ones(3)
        self.refuse(self.save({"w": weight, "a": holder}), "the tensors are inside a numpy array")

    def test_tensors_as_text(self):
        """Storages that a pickle of protocol 2 keeps as texts."""
        tensors = {n: t for n, t in all_shapes().items() if t.dtype not in UNTYPED}
        source = self.tmp / "in.pkl"
        source.write_bytes(pickle.dumps({"state_dict": tensors, "epoch": 3}, 2))
        self.convert(source, pickle.loads(source.read_bytes())["state_dict"])


if __name__ == "__main__":
    unittest.main()
