"""Prints the names and shapes of one file of a published model, as its authors write them; of these sizes or of smaller ones.

pipelinenames.py sdxl|flux full|quick|DOUBLE,SINGLE

Of Flux two numbers are the blocks of both kinds.  Names and shapes are made from the classes of diffusers and transformers on
torch's meta device, by the tables of tests/interop: nothing here knows the files in models/.
"""
# SPDX-License-Identifier: Apache-2.0

import logging
import sys

import benchkit

logging.disable(logging.WARNING)  # of optional packages that are not installed
sys.path.insert(0, str(benchkit.INTEROP))

import ldmmake  # noqa: E402
import modelmake  # noqa: E402
import torch  # noqa: E402
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection  # noqa: E402


def encoder(cls, width, layers, act):
    """Returns names and tensors of a text encoder of CLIP with its published vocabulary."""
    model = cls(CLIPTextConfig(hidden_size=width, intermediate_size=4 * width, num_hidden_layers=layers, num_attention_heads=width // 64,
                               projection_dim=width, hidden_act=act))
    tensors = {n: t for n, t in model.state_dict().items() if "position_ids" not in n}
    return tensors if any(n.startswith("text_model.") for n in tensors) else {f"text_model.{n}": t for n, t in tensors.items()}


def sdxl(is_full):
    """Stable Diffusion XL; the smaller one has narrower levels and fewer layers, and the widths of the text encoders."""
    with torch.device("meta"):
        unet = ldmmake.unet((320, 640, 1280) if is_full else (64, 128, 256), sdxl=True, cross=2048, added=2816,
                            transformer_layers_per_block=[1, 2, 10 if is_full else 2])
        vae = ldmmake.vae(0.13025, widths=(128, 256, 512, 512) if is_full else (64, 128, 256, 256))
        parts = {ldmmake.UNET: ldmmake.unet_names(unet.state_dict()), ldmmake.VAE: ldmmake.vae_names(vae.state_dict()),
                 ldmmake.SDXL[0]: encoder(CLIPTextModel, 768, 12 if is_full else 2, "quick_gelu"),
                 ldmmake.SDXL[1]: ldmmake.open_clip_names(encoder(CLIPTextModelWithProjection, 1280, 32 if is_full else 2, "gelu"))}
    return {prefix + name: tensor.shape for prefix, part in parts.items() for name, tensor in part.items()}


def flux(double, single):
    """Flux.1 with so many blocks of the published width."""
    return modelmake.flux(double=double, single=single)


def main():
    name, size = sys.argv[1:]
    shapes = sdxl(size == "full") if name == "sdxl" else flux(*map(int, size.split(",")))
    for tensor, shape in sorted(shapes.items()):
        print(tensor, ",".join(map(str, shape)), sep="\t")


if __name__ == "__main__":
    main()
