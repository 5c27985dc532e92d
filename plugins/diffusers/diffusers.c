/* plugins/diffusers/diffusers.c: the diffusers plugin: component folders of diffusers and transformers.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "diffusers.h"
#include "plugins/common/index.h"

static const fmtconv_param read_params[] = {
  { "variant", FMTCONV_PARAM_TEXT, offsetof (struct diffusers_read_params, variant), NULL,
    "variant of the weights to read (fp16); default: weights without a variant, or the only variant" },
  { "aliases", FMTCONV_PARAM_CHOICE, offsetof (struct diffusers_read_params, aliases), INDEX_ALIASES,
    INDEX_ALIASES_HELP },
  { "index", FMTCONV_PARAM_CHOICE, offsetof (struct diffusers_read_params, ignore_index), "read|ignore",
    "read the files that an index names, or ignore the index and read the files by their numbers" },
  { 0 },
};

static const fmtconv_param write_params[] = {
  { "max-shard-size", FMTCONV_PARAM_SIZE, offsetof (struct diffusers_write_params, max_shard_size), "5GB",
    "maximum bytes of tensors in a file; a larger model becomes several files and an index" },
  { "variant", FMTCONV_PARAM_TEXT, offsetof (struct diffusers_write_params, variant), NULL,
    "name the weights as a variant (fp16): " DIFFUSERS_STEM ".fp16.safetensors" },
  { "tied", FMTCONV_PARAM_CHOICE, offsetof (struct diffusers_write_params, tied), "once|copy",
    "write tied tensors once, with their other names in the metadata, or once for each name" },
  { "diffusers-version", FMTCONV_PARAM_TEXT, offsetof (struct diffusers_write_params, version), NULL,
    "_diffusers_version of config.json; default: the configuration's, else 0.32.2" },
  { 0 },
};

FMTCONV_PLUGIN (
    diffusers, .name = "diffusers", .summary = "component and pipeline folders of diffusers and transformers",
    .reader = FMTCONV_READER (.params = read_params, .main = "variant=VARIANT", .probe = diffusers_probe,
                              .read = diffusers_read),
    .writer = FMTCONV_WRITER (.params = write_params, .main = "variant=VARIANT", .suffixes = "/",
                              .limits = { .rank = FMTCONV_MAX_RANK,
                                          .name_bytes = 4096,
                                          .tensors = 1048576,
                                          .understands = FMTCONV_FEATURE_TIED | FMTCONV_FEATURE_SCALED
                                                         | FMTCONV_FEATURE_COMPONENTS
                                                         | FMTCONV_FEATURE_BLOBS },
                              .write = diffusers_write, .keeps = "config", .before = "* tokenizer:reverse",
                              .undoes = "gguf", .decode = "dequantize"));
