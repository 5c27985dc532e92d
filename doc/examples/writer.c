/* example.c: a writer of a text file of names and shapes, and a file of data next to it; and their reader.
 * SPDX-License-Identifier: Apache-2.0
 *
 * fmtconv-plugin(3) explains every call.  'make check' runs fmtconv test-plugin, which writes models and reads them again.
 * Each tensor is emitted, tied or dropped with a reason; anything else is an error.
 */
#include <fmtconv/formats.h>
#include <fmtconv/plugin.h>
#include <string.h>

static const fmtconv_dtype_name example_types[] = {
  { FMTCONV_F32, "f32", 0 },
  { FMTCONV_F16, "f16", 0 },
  { FMTCONV_BF16, "bf16", 0 },
  { 0, NULL, 0 },
};

/* NAME.y is a JSON object: name -> [data type, offset, sizes …]; NAME.y.data holds the elements. */
static int
write_example (fmtconv_ctx *ctx, const void *params, const fmtconv_model *model, fmtconv_layout *out)
{
  fmtconv_attr *names = fmtconv_attr_object (ctx);
  fmtconv_file *file =
      fmtconv_layout_create (out, fmtconv_ctx_printf (ctx, "%s.data", fmtconv_layout_target (out)));
  (void) params;
  FMTCONV_FOREACH (t, model)
    {
      fmtconv_attr *entry = fmtconv_attr_literal (ctx, "[]");
      fmtconv_attr_set_string (entry, NULL, fmtconv_dtype_table_by_dtype (example_types, t->dtype)->name);
      fmtconv_attr_set_uint (entry, NULL, fmtconv_file_size (file));
      for (unsigned i = 0; i < t->rank; i++)
        fmtconv_attr_set_uint (entry, NULL, t->shape[i]);
      fmtconv_attr_set (names, t->name, entry);
      fmtconv_file_emit_view (file, t->name, t->view);
    }
  fmtconv_file_emit_json (fmtconv_layout_create (out, NULL), names, 1);
  return fmtconv_ctx_failed (ctx);
}

/* Puts the tensor of an entry.  Returns 0 or the code of an error. */
static int
put_entry (fmtconv_ctx *ctx, fmtconv_source *data, const fmtconv_attr *entry, fmtconv_model *out)
{
  const fmtconv_attr *item = entry->kind == FMTCONV_ATTR_ARRAY ? entry->first : NULL;
  const char *type = item && item->kind == FMTCONV_ATTR_STRING ? item->v.s : NULL;
  const fmtconv_dtype_name *dtype = type ? fmtconv_dtype_table_by_name (example_types, type) : NULL;
  uint64_t numbers[1 + FMTCONV_MAX_RANK];
  unsigned n = 0;
  if (dtype)
    item = item->next;
  for (; dtype && item && n <= FMTCONV_MAX_RANK && item->kind == FMTCONV_ATTR_INT && item->v.i >= 0;
       item = item->next)
    numbers[n++] = item->v.u;
  if (!n || item)
    return fmtconv_fail (ctx, FMTCONV_E_FORMAT, "the entry of '%s' is not [data type, offset, sizes]",
                         entry->key);
  fmtconv_model_put (out, entry->key,
                     fmtconv_view_leaf (data, numbers[0], dtype->dtype, n - 1, numbers + 1, NULL));
  return fmtconv_ctx_failed (ctx);
}

static int
read_example (fmtconv_ctx *ctx, const void *params, fmtconv_input *in, fmtconv_model *out)
{
  fmtconv_cursor c = fmtconv_cursor_start (fmtconv_input_open (in));
  fmtconv_attr *names = fmtconv_cursor_take_json (&c, c.end, 2);
  fmtconv_source *data = fmtconv_input_open (fmtconv_input_child (
      fmtconv_input_parent (in), fmtconv_ctx_printf (ctx, "%s.data", fmtconv_input_basename (in))));
  (void) params;
  if (!names || names->kind != FMTCONV_ATTR_OBJECT)
    return fmtconv_fail (ctx, FMTCONV_E_FORMAT, "this is not a JSON object");
  for (const fmtconv_attr *entry = names->first; entry && data; entry = entry->next)
    if (put_entry (ctx, data, entry, out))
      break;
  return fmtconv_ctx_failed (ctx);
}

FMTCONV_PLUGIN (example, .name = "example", .summary = "writes names and data to two files",
                .reader = FMTCONV_READER (.suffixes = ".y", .read = read_example),
                .writer = FMTCONV_WRITER (.suffixes = ".y",
                                          .limits = { .dtypes = example_types,
                                                      .rank = FMTCONV_MAX_RANK,
                                                      .name_bytes = 1000,
                                                      .understands = FMTCONV_FEATURE_TIED },
                                          .write = write_example));
