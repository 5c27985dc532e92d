/* tests/fuzz/pickle.c: libFuzzer on the pickle machine and the conversion of its values.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The first byte chooses the root: even the default one, odd the whole; and from 2 on torch.save's format before
 * 1.6. */
#include "core/base/ctx.h"
#include "core/model/new.h"
#include "core/source/source.h"
#include "plugins/torch/collect.h"
#include "tests/unit/zipmaker.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

/* Returns a file of torch.save with this pickle, and one storage of 16 bytes as in the seeds. */
static zm_archive
make_file (const uint8_t *data, size_t size)
{
  static const uint8_t storage[16];
  zm_member members[] = {
    { .name = "a/data.pkl", .bytes = data, .size = size },
    { .name = "a/data/0", .bytes = storage, .size = sizeof storage },
    { .name = "a/version", .bytes = "3", .size = 1 },
  };
  return zm_make (members, sizeof members / sizeof *members, 0);
}

/* Asks for all that the calls of fmtconv/pickle.h tell of a value and its items. */
static void
look_at (fmtconv_ctx *ctx, const fmtconv_value *value)
{
  uint64_t shape[FMTCONV_MAX_RANK];
  unsigned rank;
  fmtconv_value_shape (value, shape, &rank);
  for (size_t i = 0; i < fmtconv_value_count (value) && i < 100; i++)
    {
      fmtconv_value_offset (fmtconv_value_key (value, i));
      fmtconv_value_global (fmtconv_value_at (value, i));
    }
  fmtconv_value_find (fmtconv_value_state (value), "x");
  fmtconv_value_find (value, "x");
  fmtconv_value_describe (ctx, value);
}

/* The limits are near, so that bombs do not take the time of other inputs. */
static void
read_all (fmtconv_ctx *ctx, const fmtconv_pickle *pickle, const char *typed)
{
  torch_root root;
  if (!pickle)
    return;
  torch_load load = { .ctx = ctx,
                      .pickle = pickle,
                      .out = fci_model_new (ctx, NULL),
                      .scan = { .ctx = ctx, .pickle = pickle, .walk = 1 },
                      .max_name_bytes = 1 << 20,
                      .tensors = TORCH_MAX_TENSORS - 1000,
                      .max_tensors = TORCH_MAX_TENSORS,
                      .max_nodes = 100000 };
  look_at (ctx, pickle->value);
  if (torch_scan_value (&load.scan, pickle->value) || torch_root_find (&load.scan, typed, &root))
    return;
  load.scan.walk = 2;
  torch_note_facts (load.out, ctx, pickle->value);
  torch_collect (&load, &root);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  if (size == 0)
    return 0;
  fmtconv_ctx *ctx = fmtconv_ctx_new (NULL);
  const bool is_old = data[0] >= 2;
  zm_archive file = is_old ? (zm_archive){ 0 } : make_file (data + 1, size - 1);
  if (ctx && (is_old || file.bytes))
    {
      const void *bytes = is_old ? data + 1 : file.bytes;
      fmtconv_source *source = fci_source_memory (ctx, bytes, is_old ? size - 1 : file.n, "file");
      read_all (ctx, fmtconv_pickle_open (source, FMTCONV_ZIP_IGNORE_CRC), data[0] & 1 ? "." : NULL);
    }
  fmtconv_ctx_free (ctx);
  zm_free (&file);
  return 0;
}
