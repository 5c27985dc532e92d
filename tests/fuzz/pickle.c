/* tests/fuzz/pickle.c: libFuzzer on the pickle machine and the conversion of its values.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The first byte chooses the root: even the default one, odd the whole; and from 2 on torch.save's format before
 * 1.6. */
#include "core/base/ctx.h"
#include "core/model/model.h"
#include "core/model/new.h"
#include "core/source/source.h"
#include "plugins/common/pickle/legacy.h"
#include "plugins/common/pickle/machine.h"
#include "plugins/torch/collect.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

struct torch_archive
{
  fmtconv_source *storage;
  torch_legacy legacy;
};

/* One storage is there, of 16 bytes as in the seeds; the limits are near, so that bombs do not take the time
 * of other inputs. */
fmtconv_source *
torch_record (const torch_archive *archive, const char *key)
{
  const torch_place *place = torch_legacy_find (&archive->legacy, key);
  if (place)
    return fmtconv_source_window (archive->legacy.source, place->start, place->bytes, key);
  return key[0] == '0' && !key[1] ? archive->storage : NULL;
}

static void
read_all (fmtconv_ctx *ctx, const uint8_t *data, size_t size, const char *typed, bool is_old)
{
  static const uint8_t storage[16];
  torch_archive archive = { .storage = fci_source_memory (ctx, storage, sizeof storage, "data/0"),
                            .legacy = { .source = fci_source_memory (ctx, data, size, "file") } };
  torch_load load = { .ctx = ctx,
                      .pickle = fci_source_memory (ctx, data, size, "data.pkl"),
                      .pickled = data,
                      .archive = &archive,
                      .out = fci_model_new (ctx, NULL),
                      .scan = { .ctx = ctx, .walk = 1 },
                      .max_repeated = 1 << 20,
                      .max_name_bytes = 1 << 20,
                      .tensors = TORCH_MAX_TENSORS - 1000,
                      .max_tensors = TORCH_MAX_TENSORS,
                      .max_nodes = 100000 };
  pk_value top = { 0 };
  torch_root root;
  load.scan.source = load.pickle;
  if (is_old && (!torch_is_legacy (data, size) || torch_legacy_load (ctx, &archive.legacy, &top)))
    return;
  if (is_old)
    {
      load.pickle = archive.legacy.object;
      load.pickled = archive.legacy.pickled;
    }
  if ((!is_old && pk_load (ctx, load.pickle, data, size, &top)) || torch_scan_value (&load.scan, &top)
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
    read_all (ctx, data + 1, size - 1, data[0] & 1 ? "." : NULL, data[0] >= 2);
  fmtconv_ctx_free (ctx);
  return 0;
}
