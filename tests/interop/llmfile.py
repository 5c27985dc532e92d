# SPDX-License-Identifier: Apache-2.0
"""GGUF files of llama.cpp's converter, with which those of fmtconv are compared.  It is installed as for test_tokenizer.py."""

import json
import logging
import os
import sys
import urllib.request

sys.path.insert(0, os.environ.get("FMTCONV_CONVERTER", os.path.dirname(__file__)))
import gguf
import numpy as np
import torch
import transformers
from support import Case

for missing_name in ("DSPARK_CONF_PROJ", "DSPARK_MARKOV_W1", "DSPARK_MARKOV_W2"):  # conversion/deepseek.py names them; of models that are not tested
    if not hasattr(gguf.MODEL_TENSOR, missing_name):
        setattr(gguf.MODEL_TENSOR, missing_name, None)
try:
    import sentencepiece  # noqa: F401
    from conversion import get_model_class
except ImportError as missing:
    print(f"skipped: {missing}; the head of test_tokenizer.py says how to install it")
    raise SystemExit(77) from None
try:
    import xllamacpp
except ModuleNotFoundError:
    print("skipped: xllamacpp is missing, which runs the files; the head of test_tokenizer.py says how to install it")
    raise SystemExit(77) from None

transformers.logging.set_verbosity(transformers.logging.ERROR)
transformers.logging.disable_progress_bar()
logging.disable(logging.WARNING)
TYPES = {"f32": gguf.LlamaFileType.ALL_F32, "f16": gguf.LlamaFileType.MOSTLY_F16, "bf16": gguf.LlamaFileType.MOSTLY_BF16,
         "q8_0": gguf.LlamaFileType.MOSTLY_Q8_0, "auto": gguf.LlamaFileType.GUESSED}
MEANT = {"general.alignment"}  # fmtconv writes it, also if it is 32


def value(field):
    """(types, value) of a key; numbers as they are stored."""
    content = field.contents()
    return tuple(field.types), content.tolist() if isinstance(content, np.ndarray) else content


def read(path):
    """The keys and the tensors of a file."""
    file = gguf.GGUFReader(path)
    keys = {n: value(f) for n, f in file.fields.items() if not n.startswith("GGUF.")}
    return keys, {t.name: (t.tensor_type, t.shape.tolist(), t.data.tobytes()) for t in file.tensors}


def serve(path, **more):
    """A server of llama.cpp for a file."""
    params = xllamacpp.CommonParams()
    params.model.path = str(path)
    params.n_ctx, params.warmup, params.verbosity, params.sampling.temp = 64, False, 0, 0.0
    for name, entry in more.items():
        setattr(params, name, entry)
    return xllamacpp.Server(params)


def ask(server, path, **request):
    """The answer of a server."""
    body = urllib.request.Request(server.listening_address + path, json.dumps(request).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(body) as answer:
        return json.load(answer)


class Compared(Case):
    """A test that compares with the converter."""

    def reference(self, folder, cls, pre, kind="auto", given=None):
        """The converter's file.  pre: of the pre-tokenizer, which it finds for published models alone; given: entries of config.json."""
        with torch.inference_mode():
            converter = get_model_class(cls)(folder, TYPES[kind], self.tmp / f"reference-{kind}.gguf")
            converter.get_vocab_base_pre = lambda tokenizer: pre
            converter.hparams.update(given or {})
            converter.write()
        return self.tmp / f"reference-{kind}.gguf"

    def compare(self, path, reference, more=frozenset()):
        (keys, tensors), (wanted_keys, wanted) = read(path), read(reference)
        self.assertEqual(sorted(set(keys) - MEANT - more), sorted(wanted_keys))
        for name, v in wanted_keys.items():
            self.assertEqual(keys[name], v, name)
        self.assertEqual(sorted(tensors), sorted(wanted))
        for name, (kind, shape, data) in wanted.items():
            self.assertEqual(tensors[name][:2], (kind, shape), name)
            self.assertTrue(tensors[name][2] == data, f"{name}: bytes differ")
