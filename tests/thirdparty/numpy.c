/* tests/thirdparty/numpy.c: a plugin of others: reads and writes numpy's .npy, one array, and .npz, an archive of them.
 * SPDX-License-Identifier: Apache-2.0 */
#include <fmtconv/formats.h>
#include <fmtconv/plugin.h>
#include <stdlib.h>
#include <string.h>

#define MAGIC "\x93NUMPY"
#define ENDING ".npy"

enum
{
  MAGIC_LEN = 6,
  ALIGNMENT = 64, /* of the elements, from the start of the array's file */
  GROWTH = 21     /* digits that numpy leaves for the first dimension to grow */
};

/* Types as a little-endian machine writes them. */
static const fmtconv_dtype_name types[] = {
  { FMTCONV_BOOL, "|b1", 0 }, { FMTCONV_U8, "|u1", 0 },    { FMTCONV_I8, "|i1", 0 },
  { FMTCONV_U16, "<u2", 0 },  { FMTCONV_I16, "<i2", 0 },   { FMTCONV_U32, "<u4", 0 },
  { FMTCONV_I32, "<i4", 0 },  { FMTCONV_U64, "<u8", 0 },   { FMTCONV_I64, "<i8", 0 },
  { FMTCONV_F16, "<f2", 0 },  { FMTCONV_F32, "<f4", 0 },   { FMTCONV_F64, "<f8", 0 },
  { FMTCONV_C64, "<c8", 0 },  { FMTCONV_C128, "<c16", 0 }, { 0 },
};

/* What the header of an array says. */
struct array
{
  uint64_t shape[FMTCONV_MAX_RANK];
  unsigned rank;
  uint32_t dtype;
  int is_big, is_fortran;
};

static const char *
skip_spaces (const char *at)
{
  return at + strspn (at, " \n");
}

/* Returns what follows `text`, and spaces, at `at`; NULL: something else is there. */
static const char *
after (const char *at, const char *text)
{
  const size_t n = strlen (text);
  return at && !strncmp (at, text, n) ? skip_spaces (at + n) : NULL;
}

/* Reads a tuple of sizes, "(2, 3)". */
static const char *
take_shape (const char *at, struct array *a)
{
  at = after (at, "(");
  while (at && *at != ')')
    {
      char *end;
      if (a->rank == FMTCONV_MAX_RANK || *at < '0' || *at > '9')
        return NULL;
      a->shape[a->rank++] = strtoull (at, &end, 10);
      at = skip_spaces (end + (*end == 'L')); /* of Python 2 */
      if (*at != ')')
        at = after (at, ",");
    }
  return after (at, ")");
}

/* Reads "'<f4'".  A type that is none of the table is 0: structures, objects and texts. */
static const char *
take_type (fmtconv_ctx *ctx, const char *at, struct array *a)
{
  char *name = *at == '\'' ? fmtconv_ctx_printf (ctx, "%.*s", (int) strcspn (at + 1, "'"), at + 1) : NULL;
  if (!name || at[1 + strlen (name)] != '\'')
    return NULL;
  at = skip_spaces (at + strlen (name) + 2);
  a->is_big = *name == '>';
  if (a->is_big)
    *name = '<';
  const fmtconv_dtype_name *type = fmtconv_dtype_table_by_name (types, name);
  a->dtype = type ? type->dtype : 0;
  return at;
}

/* Reads one entry of the dictionary: a key and its value. */
static const char *
take_entry (fmtconv_ctx *ctx, const char *at, struct array *a, unsigned *seen)
{
  static const char *const keys[] = { "'descr':", "'fortran_order':", "'shape':" };
  unsigned key = 0;
  while (key < 3 && !after (at, keys[key]))
    key++;
  if (key == 3 || (*seen & 1U << key))
    return NULL;
  *seen |= 1U << key;
  at = after (at, keys[key]);
  if (key == 0)
    return take_type (ctx, at, a);
  if (key == 2)
    return take_shape (at, a);
  a->is_fortran = after (at, "True") != NULL;
  return after (at, a->is_fortran ? "True" : "False");
}

/* Reads the dictionary, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }".  Returns 0: it is malformed. */
static int
parse_header (fmtconv_ctx *ctx, const char *text, struct array *a)
{
  unsigned seen = 0;
  const char *at = after (skip_spaces (text), "{");
  while (at && *at != '}')
    {
      at = take_entry (ctx, at, a, &seen);
      if (at && *at != '}')
        at = after (at, ",");
    }
  at = at ? skip_spaces (at + 1) : NULL;
  return at && !*at && seen == 7;
}

/* Puts the array that fills a source. */
static int
put_array (fmtconv_ctx *ctx, fmtconv_source *source, const char *name, fmtconv_model *out)
{
  struct array a = { 0 };
  uint64_t reversed[FMTCONV_MAX_RANK];
  unsigned axes[FMTCONV_MAX_RANK];
  const fmtconv_where where = { .source = source };
  fmtconv_cursor c = fmtconv_cursor_start (source);
  const char *magic = fmtconv_cursor_take (&c, MAGIC_LEN);
  if (!magic || memcmp (magic, MAGIC, MAGIC_LEN))
    return fmtconv_fail_at (ctx, FMTCONV_E_FORMAT, &where, "not an array of numpy");
  const uint64_t major = fmtconv_cursor_take_le (&c, 2) & 0xff;
  const char *text = fmtconv_cursor_take_text (&c, fmtconv_cursor_take_le (&c, major == 1 ? 2 : 4));
  if (!text || major < 1 || major > 3 || !parse_header (ctx, text, &a))
    return fmtconv_fail_at (ctx, FMTCONV_E_FORMAT, &where, "the header of the array is malformed");
  if (!a.dtype)
    return fmtconv_fail_at (ctx, FMTCONV_E_UNSUPPORTED, &where, "the array does not hold numbers: %s", text);
  for (unsigned i = 0; i < a.rank; i++)
    {
      reversed[a.rank - 1 - i] = a.shape[i];
      axes[i] = a.rank - 1 - i;
    }
  fmtconv_view *view =
      fmtconv_view_leaf (source, c.pos, a.dtype, a.rank, a.is_fortran ? reversed : a.shape, NULL);
  if (a.is_big)
    view = fmtconv_view_byteswap (view);
  fmtconv_model_put (out, name, a.is_fortran ? fmtconv_view_permute (view, axes) : view);
  const fmtconv_tensor *t = fmtconv_model_find (out, name);
  if (t && t->bytes != c.end - c.pos)
    return fmtconv_fail_at (ctx, FMTCONV_E_FORMAT, &where, "bytes follow the elements of the array");
  return fmtconv_ctx_failed (ctx);
}

/* Returns whether a name ends with `ending`, and is longer. */
static int
ends_with (const char *name, const char *ending)
{
  const size_t n = strlen (name), end = strlen (ending);
  return n > end && !strcmp (name + n - end, ending);
}

static int
read_archive (fmtconv_ctx *ctx, fmtconv_source *file, fmtconv_model *out)
{
  fmtconv_zip *zip = fmtconv_zip_open (file, 0);
  const char *name;
  for (size_t i = 0; !fmtconv_ctx_failed (ctx) && (name = fmtconv_zip_member_name (zip, i)); i++)
    {
      fmtconv_source *member = fmtconv_zip_member (zip, name);
      if (ends_with (name, ENDING))
        put_array (ctx, member,
                   fmtconv_ctx_printf (ctx, "%.*s", (int) (strlen (name) - strlen (ENDING)), name), out);
      else
        fmtconv_model_skip (out, name, fmtconv_source_size (member), "not an array");
    }
  return fmtconv_ctx_failed (ctx);
}

static int
read_numpy (fmtconv_ctx *ctx, const void *params, fmtconv_input *in, fmtconv_model *out)
{
  (void) params;
  fmtconv_source *file = fmtconv_input_open (in);
  fmtconv_cursor c = fmtconv_cursor_start (file);
  const char *head = fmtconv_cursor_take (&c, 2);
  if (head && !memcmp (head, "PK", 2))
    return read_archive (ctx, file, out);
  return put_array (ctx, file, "array", out);
}

/* Bids for an archive only if its first member is an array: 30 bytes of header, then the name. */
static int
probe_numpy (const fmtconv_peek *peek)
{
  const uint8_t *head = peek->head;
  if (peek->head_len < 30 || memcmp (head, "PK\3\4", 4))
    return 0;
  const size_t n = head[26] | (size_t) head[27] << 8;
  return n > 4 && 30 + n <= peek->head_len && !memcmp (head + 30 + n - 4, ENDING, 4) ? 64 : 0;
}

/* Returns the bytes before the elements of an array, as numpy.save writes them. */
static const char *
make_header (fmtconv_ctx *ctx, const fmtconv_tensor *t, size_t *size)
{
  const char *shape = "", *first = "";
  for (unsigned i = 0; i < t->rank; i++)
    {
      shape = fmtconv_ctx_printf (ctx, "%s%s%llu", shape, i ? ", " : "", (unsigned long long) t->shape[i]);
      first = i ? first : shape;
    }
  const int growth = t->rank && first ? GROWTH - (int) strlen (first) : 0;
  const char *text = fmtconv_ctx_printf (ctx, "{'descr': '%s', 'fortran_order': False, 'shape': (%s%s), }%*s",
                                         fmtconv_dtype_table_by_dtype (types, t->dtype)->name, shape,
                                         t->rank == 1 ? "," : "", growth, "");
  if (!text)
    return NULL;
  const size_t n = strlen (text) + 1, pad = -(MAGIC_LEN + 4 + n) % ALIGNMENT;
  *size = MAGIC_LEN + 4 + n + pad;
  char *bytes = fmtconv_ctx_printf (ctx, MAGIC "%4s%s%*s\n", "", text, (int) pad, "");
  if (bytes)
    memcpy (bytes + MAGIC_LEN, (const uint8_t[]){ 1, 0, (n + pad) & 0xff, (n + pad) >> 8 }, 4);
  return bytes;
}

static int
write_numpy (fmtconv_ctx *ctx, const void *params, const fmtconv_model *model, fmtconv_layout *out)
{
  (void) params;
  const int is_one = ends_with (fmtconv_layout_target (out), ENDING);
  if (is_one && fmtconv_model_count (model) != 1)
    return fmtconv_fail (ctx, FMTCONV_E_UNSUPPORTED,
                         "a .npy file holds one array, the model %zu: write a .npz file",
                         fmtconv_model_count (model));
  fmtconv_file *file = fmtconv_layout_create (out, NULL);
  fmtconv_archive *archive = is_one ? NULL : fmtconv_archive_begin (file, 0);
  FMTCONV_FOREACH (t, model)
    {
      size_t n = 0;
      const char *header = make_header (ctx, t, &n);
      if (archive)
        fmtconv_archive_member (archive, fmtconv_ctx_printf (ctx, "%s" ENDING, t->name), n + t->bytes,
                                ALIGNMENT);
      fmtconv_file_emit (file, header, n);
      fmtconv_file_emit_view (file, is_one ? "array" : t->name, t->view);
    }
  fmtconv_archive_end (archive);
  return fmtconv_ctx_failed (ctx);
}

FMTCONV_PLUGIN (numpy, .name = "numpy", .summary = "read and write numpy arrays and archives of arrays",
                .reader = FMTCONV_READER (.suffixes = ".npy .npz", .magic = MAGIC, .magic_len = MAGIC_LEN,
                                          .probe = probe_numpy, .read = read_numpy),
                .writer = FMTCONV_WRITER (.suffixes = ".npy .npz",
                                          .limits = { .dtypes = types,
                                                      .rank = FMTCONV_MAX_RANK,
                                                      .name_bytes = 4096,
                                                      .understands = FMTCONV_FEATURE_TIED },
                                          .write = write_numpy));
