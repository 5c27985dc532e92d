/* tests/fuzz/pickle.c: the pickle machine, and all that the calls of fmtconv/pickle.h tell of its values.
 * SPDX-License-Identifier: Apache-2.0
 *
 * From 2 on, the first byte says that the rest is a file of torch.save before 1.6; else it is the pickle of a new one. */
#include "core/base/ctx.h"
#include "core/source/source.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/zipmaker.h"
#include <fmtconv/pickle.h>

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

/* Asks for what is said of a value alone. */
static void
ask (fmtconv_ctx *ctx, const fmtconv_pickle *pickle, const fmtconv_value *value)
{
  uint64_t shape[FMTCONV_MAX_RANK];
  unsigned rank;
  int64_t whole;
  double real;
  size_t size;
  fmtconv_pickled tensor;
  fmtconv_value_shape (value, shape, &rank);
  fmtconv_value_int (value, &whole);
  fmtconv_value_float (value, &real);
  fmtconv_value_text (value, &size);
  fmtconv_value_global (value);
  fmtconv_value_node (value);
  fmtconv_value_offset (value);
  fmtconv_value_find (value, "x");
  fmtconv_value_describe (ctx, value);
  if (fmtconv_pickle_tensor (pickle, value, &tensor) && tensor.dtype)
    fmtconv_pickle_view (pickle, value, "x");
}

/* Asks of a value and of what is in it; values can hold themselves, and one value many times.
 *   left  number of values that are still asked */
static void
look_at (fmtconv_ctx *ctx, const fmtconv_pickle *pickle, const fmtconv_value *value, unsigned depth,
         unsigned *left)
{
  if (!value || depth == 0 || *left == 0 || fmtconv_ctx_failed (ctx))
    return;
  --*left;
  ask (ctx, pickle, value);
  for (size_t i = 0; i < fmtconv_value_count (value) && *left; i++)
    {
      look_at (ctx, pickle, fmtconv_value_key (value, i), depth - 1, left);
      look_at (ctx, pickle, fmtconv_value_at (value, i), depth - 1, left);
    }
  look_at (ctx, pickle, fmtconv_value_args (value), depth - 1, left);
  look_at (ctx, pickle, fmtconv_value_state (value), depth - 1, left);
}

void
fuzz_pickle (const uint8_t *data, size_t size)
{
  if (size == 0)
    return;
  fmtconv_ctx *ctx = fci_ctx_new (NULL);
  const bool is_old = data[0] >= 2;
  zm_archive file = is_old ? (zm_archive){ 0 } : make_file (data + 1, size - 1);
  if (ctx && (is_old || file.bytes))
    {
      const void *bytes = is_old ? data + 1 : file.bytes;
      fmtconv_source *source = fci_source_memory (ctx, bytes, is_old ? size - 1 : file.n, "file");
      const fmtconv_pickle *pickle = fmtconv_pickle_open (source, FMTCONV_ZIP_IGNORE_CRC);
      unsigned left = 1000;
      if (pickle)
        look_at (ctx, pickle, pickle->value, 50, &left);
    }
  fmtconv_ctx_free (ctx);
  zm_free (&file);
}
