# SPDX-License-Identifier: Apache-2.0
"""Universal checkpoints of DeepSpeed: one file for each parameter and state, with the model states of ZeRO beside them."""
# Plugins: safetensors sat torch zero

import subprocess
import unittest
from dataclasses import dataclass

import safetensors.torch
import torch
import zeromake
from support import FMTCONV, Case

MODEL = "mp_rank_00_model_states.pt"


@dataclass
class SubparamShape:
    """As in deepspeed/checkpoint/universal_checkpoint.py: a pickled object next to the parameter."""

    patterns: list
    shape: tuple
    partition_dim: int


class Universal(Case):
    def setUp(self):
        super().setUp()
        self.groups, self.frozen, self.buffers = zeromake.tensors()

    def saved(self, stage, world=2, name="run", tag="global_step10_universal", latest=("latest_universal",), **options):
        """Returns the run: the model states of ZeRO, and the parameters in files."""
        folder = self.tmp / name / tag
        folder.mkdir(parents=True)
        for word in latest:
            (folder.parent / word).write_text(tag)
        if stage == 3:
            zeromake.write_3(folder, world, self.groups, self.frozen, self.buffers)
        else:
            zeromake.write_12(folder, stage, world, self.groups, self.frozen, self.buffers)
        for path in folder.glob("*optim_states*"):
            path.unlink()
        zeromake.write_universal(folder, stage, self.groups, **options)
        return folder.parent

    def wanted(self, key=None):
        state = {n: t.float() if t.is_floating_point() else t for n, t in self.buffers.items()} | dict(self.frozen)
        state = {} if key else state
        for group in self.groups:
            state.update({n: zeromake.moment(t, key) if key else t for n, t in group.items()})
        return state | {"head.weight": state["embed.weight"]}

    def convert(self, source, *options, wanted=None):
        out = self.tmp / "out.safetensors"
        result = self.run_fmtconv("-f", "--verify", "-t", "none", "-w", "safetensors:tied=copy", *options, source, out)
        self.assert_same(safetensors.torch.load_file(out), self.wanted() if wanted is None else wanted)
        return result.stderr

    def refuse(self, source, *says, options=()):
        out = self.tmp / "none.safetensors"
        result = self.run_fmtconv("-t", "none", *options, source, out, status=1)
        for text in says:
            self.assertIn(text, result.stderr)
        self.assertFalse(out.exists())

    def test_weights(self):
        """Recognized from the folder and from the run, and read where sat is asked for fp32."""
        for stage, world in ((1, 1), (2, 3), (3, 1), (3, 3)):
            with self.subTest(stage=stage, world=world):
                run = self.saved(stage, world, f"{stage}-{world}", others=[("frozen.weight", torch.ones(3, 5)), ("table", torch.ones(2))])
                folder = run / "global_step10_universal"
                for source, options in ((run, ()), (folder, ()), (run, ("-r", "zero")), (folder, ("-r", "zero")),
                                        (folder, ("-r", "sat:weights=fp32"))):
                    self.assertIn("reading the fp32 weights of a universal checkpoint", self.convert(source, *options))

    def test_moments(self):
        for stage in (2, 3):
            run = self.saved(stage, 2, str(stage))
            for key in zeromake.MOMENTS:
                said = self.convert(run, "-r", f"zero:part={key}", wanted=self.wanted(key))
                self.assertIn(f"reading the {key} of a universal checkpoint", said)

    def test_latest(self):
        """A run with both names is read as DeepSpeed resumes it by default."""
        run = self.saved(2, latest=("latest", "latest_universal"))
        self.assertIn("not that of 'latest_universal'", self.convert(run, "-r", "zero"))
        run = self.saved(2, name="gone")
        for word in ("global_step9", "..", ""):
            (run / "latest_universal").write_text(word)
            self.refuse(run, f"says '{word}', which is not a folder there")

    def test_vocabulary(self):
        """Rows that padded a vocabulary are not in the files; nothing else may have another shape."""
        name = "embed.weight"
        whole = self.groups[0][name]
        self.groups[0][name] = whole[:4].clone()
        run = self.saved(2, vocabulary=name)
        self.change(run, MODEL, lambda state: state["param_shapes"][0].update({name: whole.shape}))
        self.convert(run)
        self.change(run, f"zero/{name}/fp32.pt", lambda state: state.pop("vocab_tensor"))
        self.refuse(run, name, "another shape than the model states say")

    def change(self, run, glob, function):
        path = sorted(run.rglob(glob))[0]
        state = torch.load(path, weights_only=False)
        function(state)
        torch.save(state, path)

    def test_many(self):
        """As many parameters as half of the files that may be open: the folders stay open, the files need not."""
        self.groups[0].update((f"layers.{i}.weight", torch.full((2, 2), float(i))) for i in range(80))
        run = self.saved(2)
        out = self.tmp / "out.safetensors"
        subprocess.run(["sh", "-c", 'ulimit -n 160; exec "$@"', "sh", FMTCONV, "-t", "none", "-w", "safetensors:tied=copy", str(run), str(out)],
                       check=True, capture_output=True)
        self.assert_same(safetensors.torch.load_file(out), self.wanted())

    def parallel(self, tp, pp, name="run"):
        """A universal checkpoint of tp tensor-parallel ranks and pp stages, as merge_tp_slices of ds_to_universal writes it.  Returns run and parameters."""
        generator = torch.Generator().manual_seed(5)
        folder = self.tmp / name / "global_step10_universal"
        folder.mkdir(parents=True)
        (folder.parent / "latest_universal").write_text(folder.name)
        # Name, shape of the whole, axis of the shares, what else the files have, stages (None: both ends share it).
        kinds = [("embed.weight", (30, 8), 0, {"vocab_tensor": True}, None), ("0.column.weight", (24, 8), 0, {}, 0), ("0.column.bias", (24,), 0, {}, 0),
                 ("0.row.weight", (8, 24), 1, {}, 0), ("0.norm.weight", (8,), None, {}, 0), ("1.gated.weight", (48, 8), 0, {"param_n_sub_params": 2}, pp - 1),
                 ("1.qkv.weight", (24, 8), 0, {"sub_param_shape": SubparamShape(["1.qkv.*"], ((8, 8, 8), 8), 0)}, pp - 1), ("1.average.weight", (8,), None, {}, pp - 1)]
        whole, shapes = {}, [[{}, {}] for _ in range(pp)]
        for n, (key, shape, axis, more, stage) in enumerate(kinds):
            whole[key] = torch.randn(shape, generator=generator)
            share = [s // tp if i == axis else s for i, s in enumerate(shape)]
            if "vocab_tensor" in more:
                share[0] = 32 // tp  # with padding
            for s in range(pp) if stage is None else [stage]:
                shapes[s][n % 2][key] = torch.Size(share)
            at = folder / "zero" / key
            at.mkdir(parents=True)
            for state, value in {"fp32": whole[key], **{m: zeromake.moment(whole[key], m) for m in zeromake.MOMENTS}}.items():
                torch.save(({} if axis is None or "sub_param_shape" in more else {"cat_dim": axis}) | more | {"param": value}, at / f"{state}.pt")
        for rank in range(tp * pp):
            module = {"table": torch.arange(4.0)} if pp == 1 else None
            torch.save({"module": module, "buffer_names": ["table"] if module else [], "param_shapes": shapes[rank // tp], "shared_params": {"head.weight": "embed.weight"},
                        "frozen_param_shapes": None, "frozen_param_fragments": None}, folder / f"mp_rank_{rank:02d}_model_states.pt")
        return folder, whole

    def test_model_parallel_ranks(self):
        """Parameters are joined in the files; the model states of each rank have the shapes of its shares."""
        for tp, pp in (4, 1), (1, 2), (2, 2):
            with self.subTest(tp=tp, pp=pp):
                folder, whole = self.parallel(tp, pp, f"{tp}{pp}")
                tied = {"head.weight": whole["embed.weight"]}
                self.convert(folder.parent, wanted=whole | tied | ({"table": torch.arange(4.0)} if pp == 1 else {}))
                moment = {n: zeromake.moment(t, "exp_avg") for n, t in whole.items()}
                self.convert(folder, "-r", "zero:part=exp_avg", wanted=moment | {"head.weight": moment["embed.weight"]})

    def test_model_parallel_ranks_that_do_not_fit(self):
        def of(key, value):
            return lambda state: state.__setitem__(key, value)

        def shape(group, key, value):
            return lambda state: state["param_shapes"][group].__setitem__(key, torch.Size(value))

        last = "mp_rank_03_model_states.pt"
        for n, (glob, change, says) in enumerate((
                ("zero/0.row.weight/fp32.pt", of("param", torch.ones(8, 48)), "0.row.weight"), ("zero/0.row.weight/fp32.pt", of("param", torch.ones(16, 12)), "0.row.weight"),
                ("zero/0.row.weight/fp32.pt", of("param", torch.ones(8, 25)), "another shape than the model states say"), ("zero/embed.weight/fp32.pt", of("param", torch.ones(33, 8)), "embed.weight"),
                ("zero/embed.weight/fp32.pt", lambda s: s.pop("vocab_tensor"), "embed.weight"), (last, shape(0, "embed.weight", (15, 8)), "an earlier model-parallel rank has it"),
                (last, of("param_shapes", None), "no shapes of the parameters"), (last, of("frozen_param_shapes", {"x": torch.Size([2])}), "it is frozen"))):
            with self.subTest(n):
                folder, _ = self.parallel(2, 2, f"run{n}")
                self.change(folder, glob, change)
                self.refuse(folder, says)
        (folder / "mp_rank_01_model_states.pt").unlink()
        self.refuse(folder, "no mp_rank_01_model_states.pt")
        folder, _ = self.parallel(2, 1, "buffers")
        self.change(folder, "mp_rank_01*", lambda state: state["module"]["table"].mul_(2))
        self.refuse(folder, "table", "differ")

    def test_missing(self):
        run = self.saved(2)
        (run / "global_step10_universal" / "zero" / "scale" / "fp32.pt").unlink()
        moved = run / "global_step10_universal" / "zero" / "up.bias"
        moved.rename(moved.with_name("up.other"))
        self.refuse(run, "fp32.pt of 2 of 7 parameters is missing", "zero/scale/fp32.pt", "zero/up.bias/fp32.pt")
        self.refuse(run, "exp_avg.pt of 1 of 7 parameters", "zero/up.bias/exp_avg.pt", options=("-r", "zero:part=exp_avg"))
        run = self.saved(3, 3, "split")
        (run / "global_step10_universal" / "zero_pp_rank_1_mp_rank_00_model_states.pt").unlink()
        self.refuse(run, "zero_pp_rank_1_mp_rank_00_model_states.pt")

    def test_wrong(self):
        """Torn files, files of another parameter, and states that say something else."""
        def replace(content):
            return lambda path: torch.save(content, path)

        def cut(path):
            path.write_bytes(path.read_bytes()[:-40])

        for n, (stage, name, damage, says) in enumerate((
                (2, "zero/scale/fp32.pt", cut, "fp32.pt"),
                (2, MODEL, cut, MODEL),
                (2, "zero/up.weight/fp32.pt", replace({"param": torch.ones(7, 11)}), "another shape than the model states say"),
                (2, "zero/up.weight/fp32.pt", replace({"fp32": torch.ones(11, 7)}), "it is not in the file"),
                (2, "zero/up.weight/fp32.pt", replace({"param": 3}), "not a tensor"),
                (2, "zero/up.weight/fp32.pt", replace([torch.ones(11, 7)]), "not a tensor"),
                (3, "zero/up.weight/fp32.pt", replace(torch.ones(76)), "another shape than the model states say"),
                (2, MODEL, replace({"module": {}, "buffer_names": []}), "no shapes of the parameters"),
                (3, "zero_pp_rank_0_mp_rank_00_model_states.pt", replace({"dp_world_size": 0}), "how many ranks there are"))):
            with self.subTest(name=name, says=says):
                run = self.saved(stage, 2, f"run{n}")
                damage(run / "global_step10_universal" / name)
                self.refuse(run, says)


if __name__ == "__main__":
    unittest.main()
