/* plugins/torch/torch.c: the torch plugin, and the reader of torch.save files.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "plugins/common/index.h"
#include "plugins/torch/collect.h"
#include "plugins/torch/write.h"
#include <fmtconv/formats.h>
#include <string.h>

enum
{
  CRC_CHECK,
  CRC_IGNORE
};

struct params
{
  const char *root;
  int crc;
};

static const fmtconv_param params_table[] = {
  { "root", FMTCONV_PARAM_TEXT, offsetof (struct params, root), NULL,
    "dictionary to read, as a dotted path; '.': the whole file; default: the only one with weights" },
  { "crc", FMTCONV_PARAM_CHOICE, offsetof (struct params, crc), "check|ignore",
    "whether a checksum mismatch is an error" },
  { 0 }
};

static int
read_file (fmtconv_ctx *ctx, const struct params *p, fmtconv_input *in, fmtconv_model *out)
{
  const fmtconv_pickle *pickle =
      fmtconv_pickle_open (fmtconv_input_open (in), p->crc == CRC_IGNORE ? FMTCONV_ZIP_IGNORE_CRC : 0);
  if (!pickle)
    return fmtconv_ctx_failed (ctx);
  const uint64_t size = fmtconv_source_size (pickle->source);
  torch_load load = {
    .ctx = ctx,
    .pickle = pickle,
    .out = out,
    .scan = { .ctx = ctx, .pickle = pickle, .walk = 1 },
    .max_tensors = size + 4096,
    .max_nodes = 16 * size + (1 << 20),
    .max_name_bytes = 16 * size + (8 << 20),
  };
  torch_root root;
  if (torch_scan_value (&load.scan, pickle->value) || torch_root_find (&load.scan, p->root, &root))
    return fmtconv_ctx_failed (ctx);
  load.scan.walk = 2;
  torch_note_facts (out, ctx, pickle->value);
  return torch_collect (&load, &root);
}

static int
read_torch (fmtconv_ctx *ctx, const void *params, fmtconv_input *in, fmtconv_model *out)
{
  const struct params *p = params;
  if (!index_is_name (fmtconv_input_basename (in), ".bin"))
    return read_file (ctx, p, in, out);
  if (p->root)
    return fmtconv_fail_at (ctx, FMTCONV_E_USAGE,
                            &(fmtconv_where){ .hint = "omit root=, or give one of the files as INPUT" },
                            "root= selects a part of one file; an index already lists its tensors");
  return index_read (ctx, in, p->crc == CRC_IGNORE ? "torch:crc=ignore" : "torch", INDEX_ALIASES_NAMES, out);
}

static bool
contains (const uint8_t *bytes, size_t n, const char *text)
{
  size_t len = strlen (text);
  for (size_t i = 0; i + len <= n; i++)
    if (!memcmp (bytes + i, text, len))
      return true;
  return false;
}

/* Matches the magic number of the format before torch 1.6 as any pickler writes it; since protocol 4, a frame precedes
 * it. */
static bool
is_legacy (const uint8_t *head, size_t n)
{
  static const char magic[] = "\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.";
  size_t at = n > 2 && head[2] == 0x95 ? 11 : 2;
  return n >= at + sizeof magic - 1 && head[0] == 0x80 && head[1] >= 2 && head[1] <= 5
         && !memcmp (head + at, magic, sizeof magic - 1);
}

/* torch.save writes the pickle first; other programs may store it anywhere, but the directory at the end
 * names it. */
static int
probe (const fmtconv_peek *p)
{
  if (p->is_folder)
    return 0;
  if (index_is_name (p->base, ".bin"))
    return p->head_len && p->head[0] == '{' ? 64 : 0;
  if (is_legacy (p->head, p->head_len))
    return 112;
  if (p->head_len >= 3 && p->head[0] == 0x80 && p->head[1] >= 2 && p->head[1] <= 5 && p->tail_len
      && p->tail[p->tail_len - 1] == '.')
    return 16;
  if (p->head_len < 30 || memcmp (p->head, "PK\3\4", 4))
    return 0;
  size_t name = p->head[26] | (size_t) p->head[27] << 8;
  if (name >= 10 && name <= p->head_len - 30 && !memcmp (p->head + 30 + name - 9, "/data.pkl", 9))
    return 104;
  return contains (p->tail, p->tail_len, "/data.pkl") || contains (p->head, p->head_len, "/data.pkl") ? 72
                                                                                                      : 0;
}

FMTCONV_PLUGIN (torch, .name = "torch", .summary = "PyTorch checkpoints (torch.save)",
                .reader = FMTCONV_READER (.params = params_table, .main = "root=KEY",
                                          .suffixes = ".pt .pth .bin .ckpt .bin.index.json", .probe = probe,
                                          .read = read_torch),
                .writer = FMTCONV_WRITER (.params = torch_write_params_table, .main = "root=KEY",
                                          .suffixes = ".pt .pth .bin .ckpt",
                                          .limits = { .dtypes = torch_dtypes,
                                                      .rank = FMTCONV_MAX_RANK,
                                                      .name_bytes = 4096,
                                                      .tensors = TORCH_MAX_TENSORS,
                                                      .understands = FMTCONV_FEATURE_TIED
                                                                     | FMTCONV_FEATURE_SCALED },
                                          .write = torch_write));
