/* tests/abi/npy.c: a plugin built against the installed package only: reads numpy arrays, one tensor per
 * file.
 * SPDX-License-Identifier: Apache-2.0 */
#include <fmtconv/formats.h>
#include <fmtconv/plugin.h>
#include <stdlib.h>
#include <string.h>

static const fmtconv_dtype_name names[] = {
  { FMTCONV_BOOL, "|b1", 0 }, { FMTCONV_U8, "|u1", 0 },    { FMTCONV_I8, "|i1", 0 },
  { FMTCONV_U16, "<u2", 0 },  { FMTCONV_I16, "<i2", 0 },   { FMTCONV_U32, "<u4", 0 },
  { FMTCONV_I32, "<i4", 0 },  { FMTCONV_U64, "<u8", 0 },   { FMTCONV_I64, "<i8", 0 },
  { FMTCONV_F16, "<f2", 0 },  { FMTCONV_F32, "<f4", 0 },   { FMTCONV_F64, "<f8", 0 },
  { FMTCONV_C64, "<c8", 0 },  { FMTCONV_C128, "<c16", 0 }, { 0 },
};

/* The numbers of "(2, 3, 4)". */
static int
parse_shape (const char *at, uint64_t *dim, unsigned *rank)
{
  char *end;
  for (*rank = 0; *(at += strspn (at, ", ")) != ')'; at = end)
    {
      if (*rank == FMTCONV_MAX_RANK)
        return 0;
      dim[(*rank)++] = strtoull (at, &end, 10);
      if (end == at)
        return 0;
    }
  return 1;
}

static int
read_npy (fmtconv_ctx *ctx, const void *params, fmtconv_input *in, fmtconv_model *out)
{
  (void) params;
  uint64_t dim[FMTCONV_MAX_RANK], back[FMTCONV_MAX_RANK];
  unsigned rank, axes[FMTCONV_MAX_RANK];
  fmtconv_cursor c = fmtconv_cursor_start (fmtconv_input_open (in));
  unsigned version = (unsigned) (fmtconv_cursor_take_le (&c, 8) >> 48 & 0xff);
  const char *head = fmtconv_cursor_take (&c, fmtconv_cursor_take_le (&c, version == 1 ? 2 : 4));
  const char *shape = head ? strstr (head, "'shape': (") : NULL,
             *descr = head ? strstr (head, "'descr': '") : NULL;
  if (!shape || !descr || !parse_shape (shape + 10, dim, &rank))
    return fmtconv_fail (ctx, FMTCONV_E_FORMAT, "no plain array header");
  const fmtconv_dtype_name *type = fmtconv_dtype_table_by_name (
      names, fmtconv_ctx_printf (ctx, "%.*s", (int) strcspn (descr + 10, "'"), descr + 10));
  if (!type)
    return fmtconv_fail (ctx, FMTCONV_E_UNSUPPORTED, "element type %.8s", descr + 10);
  for (unsigned i = 0; i < rank; i++)
    back[rank - 1 - i] = dim[i], axes[i] = rank - 1 - i;
  int fortran = strstr (head, "'fortran_order': True") != NULL;
  fmtconv_view *v = fmtconv_view_leaf (c.source, c.pos, type->dtype, rank, fortran ? back : dim, NULL);
  fmtconv_model_put (out, "array", fortran ? fmtconv_view_permute (v, axes) : v);
  fmtconv_model_require_tiling (out, c.source, c.pos, c.end, 1);
  return 0;
}

FMTCONV_PLUGIN (npy, .name = "npy", .summary = "numpy arrays",
                .reader = FMTCONV_READER (.suffixes = ".npy", .magic = "\x93NUMPY", .magic_len = 6,
                                          .read = read_npy));
