/* plugins/safetensors/safetensors.c: the safetensors plugin: its parameters and its descriptor.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "edit.h"
#include "plugins/common/index.h"
#include "safetensors.h"

static const fmtconv_param read_params[] = {
  { "aliases", FMTCONV_PARAM_CHOICE, offsetof (struct safetensors_read_params, aliases), INDEX_ALIASES,
    INDEX_ALIASES_HELP },
  { 0 },
};

static const fmtconv_param write_params[] = {
  { "metadata.*", FMTCONV_PARAM_PAIRS, offsetof (struct safetensors_write_params, metadata), NULL,
    "set an entry of the header's __metadata__; an empty value removes it" },
  { "max-shard-size", FMTCONV_PARAM_SIZE, offsetof (struct safetensors_write_params, max_shard_size), NULL,
    "maximum bytes of tensors in a file (5GB); a larger model becomes several files and an index" },
  { "tied", FMTCONV_PARAM_CHOICE, offsetof (struct safetensors_write_params, tied), "once|copy",
    "write tied tensors once, with their other names in the metadata, or once for each name" },
  { "keep", FMTCONV_PARAM_PAIRS, offsetof (struct safetensors_write_params, keep), NULL,
    "among the names of a tied tensor, keep the one that this glob matches; may be repeated" },
  { "index", FMTCONV_PARAM_TEXT, offsetof (struct safetensors_write_params, index), NULL,
    "name of the index; default: the output's name followed by .index.json" },
  { 0 },
};

FMTCONV_PLUGIN (
    safetensors, .name = "safetensors", .summary = "safetensors files",
    .reader = FMTCONV_READER (.params = read_params, .suffixes = ".safetensors .safetensors.index.json",
                              .probe = safetensors_probe, .read = safetensors_read, .edit = safetensors_edit),
    .writer = FMTCONV_WRITER (.params = write_params, .suffixes = ".safetensors",
                              .limits = { .dtypes = safetensors_dtypes,
                                          .rank = FMTCONV_MAX_RANK,
                                          .name_bytes = SAFETENSORS_MAX_NAME,
                                          .tensors = SAFETENSORS_MAX_TENSORS,
                                          .understands = FMTCONV_FEATURE_TIED | FMTCONV_FEATURE_SCALED },
                              .write = safetensors_write));
