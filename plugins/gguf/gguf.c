/* plugins/gguf/gguf.c: the gguf plugin: its parameters and its descriptor.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "edit.h"
#include "gguf.h"

static const fmtconv_param read_params[] = {
  { "limits", FMTCONV_PARAM_CHOICE, offsetof (struct gguf_read_params, limits), "auto|ggml|gguf-py",
    "dimensions and names accepted: ggml's (4, 63 bytes) or gguf-py's; auto: by architecture" },
  { 0 },
};

static const fmtconv_param write_params[] = {
  { "architecture", FMTCONV_PARAM_TEXT, offsetof (struct gguf_write_params, architecture), NULL,
    "general.architecture, [a-z0-9]+; default: the one that the transform or the input names" },
  { "alignment", FMTCONV_PARAM_INT, offsetof (struct gguf_write_params, alignment), NULL,
    "alignment of tensors, a power of two from 8 to 65536; default: the input's, else 32" },
  { "name-limit", FMTCONV_PARAM_INT, offsetof (struct gguf_write_params, name_limit), "63",
    "maximum bytes of a tensor's name; ggml reads 63" },
  { "fold", FMTCONV_PARAM_BOOL, offsetof (struct gguf_write_params, fold), "no",
    "merge the leading dimensions of tensors with more than 4, and record the shape" },
  { "split-max-size", FMTCONV_PARAM_SIZE, offsetof (struct gguf_write_params, split_max_size), NULL,
    "maximum bytes of tensors in a file (2GB); a larger model becomes several files" },
  { "kv.*", FMTCONV_PARAM_PAIRS, offsetof (struct gguf_write_params, kv), NULL,
    "set a key: a JSON number, bool, string or list, or plain text; an empty value removes it" },
  { 0 },
};

FMTCONV_PLUGIN (gguf, .name = "gguf", .summary = "GGUF files",
                .reader = FMTCONV_READER (.params = read_params, .suffixes = GGUF_SUFFIX, .probe = gguf_probe,
                                          .read = gguf_read, .edit = gguf_edit),
                .writer = FMTCONV_WRITER (.params = write_params, .main = "architecture=NAME",
                                          .suffixes = GGUF_SUFFIX,
                                          .limits = { .dtypes = gguf_dtypes,
                                                      .rank = GGUF_RANK,
                                                      .name_bytes = GGUF_NAME_BYTES,
                                                      .tensors = GGUF_MAX_TENSORS,
                                                      .understands = FMTCONV_FEATURE_TIED },
                                          .write = gguf_write, .adjust = gguf_adjust,
                                          .adjust_to = gguf_adjust_to, .keeps = "config gguf",
                                          .before = "tokenizer * model-card", .decode = "dequantize",
                                          .after = "quantize:choice=loader",
                                          .rank_hint = "-w gguf:fold=yes merges their leading dimensions",
                                          .name_hint = "-w gguf:name-limit=128 writes longer names, which "
                                                       "ggml does not read"));
