"""Converts the folder of a language model with the tools of llama.cpp: what a user runs in the place of fmtconv.

naive_llm.py prepare 0.5b|7b BLOCKS FOLDER   makes config.json and the tokenizer; prints names and shapes of the weights
naive_llm.py f16 FOLDER OUT                  the reference converter
naive_llm.py quantized FOLDER OUT LIKE       the same, then ggml quantizes each tensor to its type in the file LIKE
naive_llm.py types FILE                      prints ggml's number of the type of each tensor with blocks, and its weights
"""
# SPDX-License-Identifier: Apache-2.0

import os
import sys
from pathlib import Path

INTEROP = Path(__file__).resolve().parent.parent / "tests/interop"
sys.path[:0] = [str(INTEROP), os.environ.get("FMTCONV_CONVERTER") or str(Path(sys.executable).parent.parent / "converter")]

SIZES = {
    "0.5b": {"hidden_size": 896, "intermediate_size": 4864, "num_attention_heads": 14, "num_key_value_heads": 2,
             "vocab_size": 151936, "tie_word_embeddings": True},
    "7b": {"hidden_size": 3584, "intermediate_size": 18944, "num_attention_heads": 28, "num_key_value_heads": 4,
           "vocab_size": 152064, "tie_word_embeddings": False},
}


def prepare(name, blocks, folder):
    import json

    import llmmake
    import torch
    from transformers import Qwen2Config, Qwen2ForCausalLM
    config = Qwen2Config(**SIZES[name], num_hidden_layers=int(blocks), architectures=["Qwen2ForCausalLM"], dtype="bfloat16", eos_token_id=1)
    with torch.device("meta"):
        model = Qwen2ForCausalLM(config)
    folder.mkdir()
    config.save_pretrained(folder)
    for file, content in llmmake.qwen2().items():
        (folder / file).write_text(content if isinstance(content, str) else json.dumps(content))
    for tensor, value in model.state_dict().items():
        if not (config.tie_word_embeddings and tensor == "lm_head.weight"):
            print(tensor, ",".join(map(str, value.shape)), sep="\t")


def convert(folder, out):
    import logging

    import gguf
    import torch
    from conversion import get_model_class
    logging.disable(logging.WARNING)
    with torch.inference_mode():
        converter = get_model_class("Qwen2ForCausalLM")(folder, gguf.LlamaFileType.MOSTLY_F16, out)
        converter.get_vocab_base_pre = lambda tokenizer: "qwen2"  # which it finds for published models alone
        converter.write()


def quantize(source, out, like):
    """Quantizes with ggml on two threads, one tensor each; ctypes gives up Python's lock meanwhile."""
    from concurrent.futures import ThreadPoolExecutor

    import gguf
    import numpy as np
    from ggmlbase import Ggml
    ggml, kinds = Ggml(), {t.name: t.tensor_type for t in gguf.GGUFReader(like).tensors}
    writer = gguf.GGUFWriter(out, "qwen2")
    kept = (gguf.GGMLQuantizationType.F16, gguf.GGMLQuantizationType.F32)
    tensors = gguf.GGUFReader(source).tensors

    def encoded(tensor):
        if kinds[tensor.name] in kept:
            return tensor.data
        data = ggml.quantize(int(kinds[tensor.name]), np.asarray(tensor.data, "<f4"))
        return data.reshape(tensor.data.shape[0], -1)

    with ThreadPoolExecutor(2) as pool:
        for tensor, data in zip(tensors, pool.map(encoded, tensors)):
            writer.add_tensor(tensor.name, data, raw_dtype=kinds[tensor.name])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def types(path):
    import gguf
    for tensor in gguf.GGUFReader(path).tensors:
        if gguf.GGML_QUANT_SIZES[tensor.tensor_type][0] > 1:
            print(int(tensor.tensor_type), int(tensor.n_elements))


def main():
    command, *words = sys.argv[1:]
    if command == "prepare":
        prepare(words[0], words[1], Path(words[2]))
    elif command == "types":
        types(words[0])
    elif command == "f16":
        convert(Path(words[0]), Path(words[1]))
    else:
        source = Path(words[1]).with_suffix(".f16")
        convert(Path(words[0]), source)
        quantize(source, Path(words[1]), words[2])
        source.unlink()


if __name__ == "__main__":
    main()
