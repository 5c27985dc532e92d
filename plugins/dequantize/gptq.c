/* plugins/dequantize/gptq.c: weights of GPTQ and AWQ, [in, out] in words of 32 bits.
 * SPDX-License-Identifier: Apache-2.0
 *
 * auto-gptq (qlinear_cuda.py, forward) and autoawq (packing_utils.py, dequantize_gemm) multiply in the type of the
 * scales, and so round there. */
#include "config.h"

#include "plugins/dequantize/integers.h"
#include "plugins/dequantize/packed.h"
#include <string.h>

enum
{
  WORD = 32
};

/* The tensors of a layer. */
typedef struct layer
{
  const fmtconv_tensor *codes;
  const fmtconv_tensor *scales;
  const fmtconv_tensor *zeros;
  const fmtconv_tensor *index; /* the group of each row; NULL: groups follow each other */
  uint64_t rows;               /* of the decoded matrix */
  uint64_t columns;
  integers how;
} layer;

/* Takes bits and shape of fields that lie in rows. Returns false if the shapes do not fit. */
static int
take_gptq (layer *l)
{
  const uint64_t words = l->zeros->shape[1];
  const uint64_t bits = words <= l->columns / 2 ? words * WORD / l->columns : 0;
  if (bits * l->columns != words * WORD || (bits != 2 && bits != 3 && bits != 4 && bits != 8)
      || l->codes->shape[0] > UINT64_MAX / WORD || l->codes->shape[0] * WORD % bits != 0)
    return 0;
  l->rows = l->codes->shape[0] * WORD / bits;
  l->how =
      (integers){ .bits = (unsigned) bits, .codes = INTEGERS_ROWS, .zeros = INTEGERS_COLUMNS, .group = 1 };
  return 1;
}

/* Takes the shape of AWQ's fields of 4 bits. */
static int
take_awq (layer *l)
{
  l->rows = l->codes->shape[0];
  l->how = (integers){ .bits = 4, .codes = INTEGERS_AWQ, .zeros = INTEGERS_AWQ, .group = 1 };
  return l->zeros->shape[1] == l->codes->shape[1] && !l->index;
}

/* Returns whether the tensors are a layer of a known packing. */
static int
take (const packed *p, layer *l)
{
  *l = (layer){ .codes = p->scaling->codes,
                .scales = p->scaling->scale,
                .zeros = packed_part (p, ".qzeros"),
                .index = packed_part (p, ".g_idx") };
  if (!l->zeros || l->zeros->dtype != FMTCONV_I32 || l->codes->rank != 2 || l->scales->rank != 2
      || l->zeros->rank != 2 || l->zeros->shape[0] != l->scales->shape[0] || !l->scales->shape[0]
      || !l->scales->shape[1])
    return 0;
  if (l->index && (l->index->rank != 1 || l->index->dtype != FMTCONV_I32))
    return 0;
  l->columns = l->scales->shape[1];
  const int good = l->codes->shape[1] == l->columns                              ? take_gptq (l)
                   : l->columns % 8 == 0 && l->codes->shape[1] == l->columns / 8 ? take_awq (l)
                                                                                 : 0;
  return good && l->rows && (l->index ? l->index->shape[0] == l->rows : l->rows % l->scales->shape[0] == 0);
}

/* Returns whether the configuration, if there is one, means this packing. */
static int
agrees (const packed *p, const layer *l)
{
  const char *method = packed_config (p, "quant_method");
  const char *wanted = l->how.codes == INTEGERS_AWQ ? "awq" : "gptq";
  const char *form = packed_config (p, l->how.codes == INTEGERS_AWQ ? "version" : "checkpoint_format");
  if (method && strcmp (method, wanted) != 0 && strcmp (method, "auto-round") != 0)
    return 0;
  return !form || strcmp (form, "gemm") == 0 || strcmp (form, "GEMM") == 0 || strcmp (form, "gptq") == 0
         || strcmp (form, "gptq_v2") == 0;
}

/* Returns how AutoRound stored zero points; ZEROS_CONFIG: unknown. Its backend.py lists the names of its packings. */
static int
auto_round_zeros (const packed *p)
{
  const char *form = packed_config (p, "packing_format");
  form = form ? form : packed_config (p, "backend");
  if (!form)
    return ZEROS_CONFIG;
  if (strcmp (form, "auto_round") == 0 || strstr (form, "gptqmodel"))
    return ZEROS_EXACT;
  return strstr (form, "gptq") ? ZEROS_LESS_ONE : ZEROS_CONFIG;
}

/* Returns how the configuration says that zero points are stored; ZEROS_CONFIG: it does not say. */
static int
configured_zeros (const packed *p)
{
  const char *method = packed_config (p, "quant_method"), *form = packed_config (p, "checkpoint_format");
  if (method && strcmp (method, "auto-round") == 0)
    return auto_round_zeros (p);
  if (!method && !form)
    return ZEROS_CONFIG;
  return form && strcmp (form, "gptq_v2") == 0 ? ZEROS_EXACT : ZEROS_LESS_ONE;
}

/* Decides whether stored zero points are less by one. Returns 0 if nothing says so. */
static int
take_zeros (const packed *p, layer *l)
{
  if (l->how.codes == INTEGERS_AWQ)
    return 1;
  const int zeros = p->zeros == ZEROS_CONFIG ? configured_zeros (p) : p->zeros;
  l->how.zero_add = zeros == ZEROS_LESS_ONE;
  return zeros != ZEROS_CONFIG;
}

/* Returns a vector as a column. */
static fmtconv_view *
column_of (const fmtconv_tensor *t)
{
  return fmtconv_view_reshape (t->view, 2, (const uint64_t[]){ t->shape[0], 1 });
}

static fmtconv_view *
values (const packed *p, layer *l)
{
  const uint32_t bits = l->how.bits, in_rows = l->how.codes == INTEGERS_ROWS;
  const uint32_t group = l->index ? 0 : (uint32_t) (l->rows / l->scales->shape[0]);
  fmtconv_operand operands[4] = { { .view = l->codes->view,
                                    .rows = { in_rows ? bits : 1, in_rows ? WORD : 1 },
                                    .columns = { in_rows ? 1 : bits, in_rows ? 1 : WORD } } };
  unsigned n = 1;
  if (l->index)
    operands[n++] = (fmtconv_operand){ .view = column_of (l->index), .rows = { 1, 1 } };
  for (unsigned i = 0; i < 2; i++)
    operands[n + i] = (fmtconv_operand){ .view = i ? l->zeros->view : l->scales->view,
                                         .rows = { group != 0, group },
                                         .columns = { i ? bits : 1, i ? WORD : 1 },
                                         .by = l->index ? 2 : 0 };
  l->how.scale_at = n;
  l->how.zero_at = n + 1;
  fmtconv_view *view = fmtconv_view_decode (&integers_codec, p->scaling->name, &l->how, sizeof l->how,
                                            l->rows, l->columns, operands, n + 2);
  return fmtconv_view_permute (fmtconv_view_cast (view, l->scales->dtype), (const unsigned[]){ 1, 0 });
}

fmtconv_view *
gptq_values (const packed *p)
{
  layer l;
  if (!take (p, &l) || !agrees (p, &l))
    return packed_refuse (
        p,
        "convert the model that it was quantized from, or save it again as GPTQ, or as AWQ with "
        "version gemm",
        "its packing is not that of GPTQ (2, 3, 4 or 8 bits) or AWQ (gemm)");
  if (!take_zeros (p, &l))
    return packed_refuse (
        p,
        "give the folder with config.json, or say it: dequantize:zeros=less-one for checkpoint_format "
        "gptq (auto-gptq, most files), zeros=exact for gptq_v2",
        "GPTQ stores zero points in two ways, and no configuration says which");
  return values (p, &l);
}
