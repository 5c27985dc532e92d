/* plugins/safetensors/safetensors.c: the safetensors plugin: its data types and its descriptor.
 * SPDX-License-Identifier: Apache-2.0 */
#include "safetensors.h"
#include "plugins/common/index.h"

const fmtconv_dtype_name safetensors_dtypes[] = {
  { FMTCONV_BOOL, "BOOL", 1 },
  { FMTCONV_F4_E2M1, "F4", 2 },
  { FMTCONV_F6_E2M3, "F6_E2M3", 3 },
  { FMTCONV_F6_E3M2, "F6_E3M2", 4 },
  { FMTCONV_U8, "U8", 5 },
  { FMTCONV_I8, "I8", 6 },
  { FMTCONV_F8_E5M2, "F8_E5M2", 7 },
  { FMTCONV_F8_E4M3, "F8_E4M3", 8 },
  { FMTCONV_F8_E8M0, "F8_E8M0", 9 },
  { FMTCONV_F8_E4M3FNUZ, "F8_E4M3FNUZ", 10 },
  { FMTCONV_F8_E5M2FNUZ, "F8_E5M2FNUZ", 11 },
  { FMTCONV_I16, "I16", 12 },
  { FMTCONV_U16, "U16", 13 },
  { FMTCONV_F16, "F16", 14 },
  { FMTCONV_BF16, "BF16", 15 },
  { FMTCONV_I32, "I32", 16 },
  { FMTCONV_U32, "U32", 17 },
  { FMTCONV_F32, "F32", 18 },
  { FMTCONV_C64, "C64", 19 },
  { FMTCONV_F64, "F64", 20 },
  { FMTCONV_I64, "I64", 21 },
  { FMTCONV_U64, "U64", 22 },
  { 0 },
};

static const fmtconv_param read_params[] = {
  { "aliases", FMTCONV_PARAM_CHOICE, offsetof (struct safetensors_read_params, aliases), INDEX_ALIASES,
    INDEX_ALIASES_HELP },
  { 0 },
};

static const fmtconv_param write_params[] = {
  { "metadata.*", FMTCONV_PARAM_PAIRS, offsetof (struct safetensors_write_params, metadata), NULL,
    "set an entry of the header's __metadata__; an empty value removes it" },
  { "max-shard-size", FMTCONV_PARAM_SIZE, offsetof (struct safetensors_write_params, max_shard_size), NULL,
    "most bytes of tensors in a file (5GB): more than that makes several files, and an index" },
  { "tied", FMTCONV_PARAM_CHOICE, offsetof (struct safetensors_write_params, tied), "once|copy",
    "tied tensors: written once, with their other names in the metadata, or for each name" },
  { "keep", FMTCONV_PARAM_PAIRS, offsetof (struct safetensors_write_params, keep), NULL,
    "of the names of a tied tensor, keep what this glob matches; may be repeated" },
  { "index", FMTCONV_PARAM_TEXT, offsetof (struct safetensors_write_params, index), NULL,
    "name of the index; default: the output's, with .index.json behind it" },
  { 0 },
};

FMTCONV_PLUGIN (
    safetensors, .name = "safetensors", .summary = "safetensors files",
    .reader = FMTCONV_READER (.params = read_params, .suffixes = ".safetensors .safetensors.index.json",
                              .probe = safetensors_probe, .read = safetensors_read),
    .writer = FMTCONV_WRITER (.params = write_params, .suffixes = ".safetensors",
                              .limits = { .dtypes = safetensors_dtypes,
                                          .rank = FMTCONV_MAX_RANK,
                                          .name_bytes = SAFETENSORS_MAX_NAME,
                                          .tensors = SAFETENSORS_MAX_TENSORS,
                                          .understands = FMTCONV_FEATURE_TIED | FMTCONV_FEATURE_SCALED },
                              .write = safetensors_write));
