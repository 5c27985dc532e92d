/* tests/fuzz/pickle.c: libFuzzer on the pickle machine and all that is made of its values.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The first byte chooses the root: 0 the default one, else the whole. */
#include "core/base/ctx.h"
#include "core/model/model.h"
#include "core/source/source.h"
#include "plugins/torch/collect.h"
#include "plugins/torch/machine.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

struct torch_archive
{
  fmtconv_source *storage;
};

/* One storage is there, of 16 bytes as in the seeds; the limits are near, so that bombs do not take the time
 * of other inputs. */
fmtconv_source *
torch_record (const torch_archive *archive, const char *key)
{
  return key[0] == '0' && !key[1] ? archive->storage : NULL;
}

static void
read_all (fmtconv_ctx *ctx, const uint8_t *data, size_t size, const char *typed)
{
  static const uint8_t storage[16];
  torch_archive archive = { fci_source_memory (ctx, storage, sizeof storage, "data/0") };
  torch_load load = { .ctx = ctx,
                      .pickle = fci_source_memory (ctx, data, size, "data.pkl"),
                      .pickled = data,
                      .archive = &archive,
                      .out = fci_model_new (ctx, NULL),
                      .scan = { .ctx = ctx, .walk = 1 },
                      .most_repeated = 1 << 20,
                      .most_name_bytes = 1 << 20,
                      .tensors = TORCH_MAX_TENSORS - 1000,
                      .nodes = TORCH_MAX_NODES - 100000 };
  pk_value top = { 0 };
  torch_root root;
  load.scan.source = load.pickle;
  if (pk_load (ctx, load.pickle, data, size, &top) || torch_scan_value (&load.scan, &top)
      || torch_root_find (ctx, load.pickle, &top, typed, &root))
    return;
  load.scan.walk = 2;
  torch_note_facts (load.out, ctx, &top);
  torch_collect (&load, &root);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  if (size == 0)
    return 0;
  fmtconv_ctx *ctx = fmtconv_ctx_new (NULL);
  if (ctx)
    read_all (ctx, data + 1, size - 1, data[0] ? "." : NULL);
  fmtconv_ctx_free (ctx);
  return 0;
}
