"""tests/thirdparty/check_nanogpt.py: transformers loads the folder, and computes what the original model computes."""
# SPDX-License-Identifier: Apache-2.0
import os
import subprocess

import torch
from transformers import GPT2Config, GPT2LMHeadModel

LINEAR = ("attn.c_attn.weight", "attn.c_proj.weight", "mlp.c_fc.weight", "mlp.c_proj.weight")


def run(*args):
    return subprocess.run([os.environ["FMTCONV"], "-f", *args], capture_output=True, text=True)


def make(prefix=""):
    """A model of transformers, and the checkpoint that nanoGPT would save of it (its model.py, from_pretrained)."""
    torch.manual_seed(1)
    model = GPT2LMHeadModel(GPT2Config(vocab_size=99, n_positions=32, n_embd=48, n_layer=3, n_head=4,
                                       activation_function="gelu")).eval()
    with torch.no_grad():
        for value in model.parameters():
            value.normal_(0, 0.2)
    state = {name: value.T.contiguous() if name.endswith(LINEAR) else value for name, value in model.state_dict().items()}
    state["lm_head.weight"] = state["transformer.wte.weight"]
    torch.save({"model": {prefix + name: value for name, value in state.items()}, "iter_num": 5,
                "model_args": {"n_head": 4}}, "ckpt.pt")
    return model


def loads(*args):
    """The chain is detected: reader, transform and writer."""
    for prefix in ("", "_orig_mod."):
        model = make(prefix)
        result = run(*args, "ckpt.pt", "gpt2/")
        assert result.returncode == 0, result.stderr
        found, info = GPT2LMHeadModel.from_pretrained("gpt2", output_loading_info=True)
        assert not any(info[key] for key in ("missing_keys", "unexpected_keys", "mismatched_keys")), info
        for name, value in model.state_dict().items():
            assert torch.equal(found.state_dict()[name], value), name
        words = torch.arange(20).reshape(2, 10)
        with torch.no_grad():
            assert torch.equal(found.eval()(words).logits, model(words).logits)


def refusals():
    make()
    result = run("-t", "nanogpt:heads=5", "ckpt.pt", "no/")
    assert result.returncode == 2 and "48 columns cannot be divided among 5" in result.stderr, result.stderr
    state = torch.load("ckpt.pt")
    del state["model"]["transformer.h.1.ln_2.bias"]
    torch.save(state, "ckpt.pt")
    result = run("-t", "nanogpt:heads=4", "ckpt.pt", "no/")
    assert result.returncode == 1 and "transformer.h.1.ln_2.bias" in result.stderr, result.stderr


loads("--verify", "-t", "nanogpt:heads=4")
refusals()
