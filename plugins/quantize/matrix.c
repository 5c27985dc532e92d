/* plugins/quantize/matrix.c: reads importance matrices of llama.cpp, in both forms.
 * SPDX-License-Identifier: Apache-2.0
 *
 * In a GGUF file (llama.cpp: tools/imatrix) tensor NAME.in_sum2 holds the sum of squares of each column's inputs, and
 * NAME.counts their number; stacked experts have a row for each.  The older form has little-endian 32-bit integers: the
 * number of entries; for each entry the length of its name, the name, the number of calls, the number of values, and the
 * values as floats, expert after expert.  The rest of the file is a comment. */
#include "config.h"

#include "quantize.h"
#include <fmtconv/formats.h>
#include <string.h>

enum
{
  MIN_ENTRY = 4 * 3, /* bytes */
  MAX_MATRIX_NAME = 4096
};

static int
fail_at (fmtconv_ctx *ctx, const fmtconv_cursor *c, const char *what)
{
  return fmtconv_fail_at (ctx, FMTCONV_E_FORMAT, &(fmtconv_where){ .source = c->source, .offset = c->pos },
                          "not an importance matrix: %s", what);
}

/* Returns `row` joined to itself, n times. */
static fmtconv_view *
repeated (fmtconv_ctx *ctx, fmtconv_view *row, uint64_t n)
{
  fmtconv_view **rows = fmtconv_ctx_alloc (ctx, n, sizeof *rows);
  for (uint64_t i = 0; rows && i < n; i++)
    rows[i] = row;
  return rows ? fmtconv_view_concat (0, n, rows) : NULL;
}

/* Appends the divisor of the values to each row, unless it is 0. */
static fmtconv_view *
with_count (fmtconv_ctx *ctx, fmtconv_view *values, uint64_t rows, uint32_t calls)
{
  const float count = (float) calls;
  if (!calls)
    return values;
  fmtconv_view *parts[2] = {
    values,
    repeated (ctx, fmtconv_view_constant (ctx, FMTCONV_F32, 2, (const uint64_t[]){ 1, 1 }, &count), rows)
  };
  return fmtconv_view_concat (1, 2, parts);
}

static int
read_entry (fmtconv_ctx *ctx, fmtconv_cursor *c, struct quantize_weights *entry)
{
  uint64_t len = fmtconv_cursor_take_le (c, 4);
  if (len == 0 || len > MAX_MATRIX_NAME)
    return fail_at (ctx, c, "the name of an entry is empty or longer than 4096 bytes");
  entry->name = fmtconv_cursor_take (c, len);
  uint64_t calls = fmtconv_cursor_take_le (c, 4), n = fmtconv_cursor_take_le (c, 4);
  if (fmtconv_ctx_failed (ctx))
    return fmtconv_ctx_failed (ctx);
  if (calls > INT32_MAX || n == 0 || n > (c->end - c->pos) / 4)
    return fail_at (ctx, c, "an entry has no values, or more values than the file holds");
  entry->view = fmtconv_view_leaf (c->source, c->pos, FMTCONV_F32, 1, &n, NULL);
  entry->columns = n;
  entry->calls = (uint32_t) calls;
  c->pos += 4 * n;
  return fmtconv_ctx_failed (ctx);
}

static int
read_older (fmtconv_ctx *ctx, fmtconv_cursor *c, struct quantize_matrix *matrix)
{
  uint64_t n = fmtconv_cursor_take_le (c, 4);
  if (fmtconv_ctx_failed (ctx))
    return fmtconv_ctx_failed (ctx);
  if (n == 0 || n > (c->end - c->pos) / MIN_ENTRY)
    return fail_at (ctx, c, "the number of entries is 0 or more than the file can hold");
  matrix->weights = fmtconv_ctx_alloc (ctx, n, sizeof *matrix->weights);
  for (; matrix->weights && matrix->n < n; matrix->n++)
    if (read_entry (ctx, c, &matrix->weights[matrix->n]))
      return fmtconv_ctx_failed (ctx);
  return fmtconv_ctx_failed (ctx);
}

/* Fails if a GGUF file is not an importance matrix. */
static int
check_names (fmtconv_ctx *ctx, const fmtconv_cursor *c, const fmtconv_model *model)
{
  FMTCONV_FOREACH (t, model)
    if (fmtconv_glob_match ("*.in_sum2", t->name))
      return 0;
  return fail_at (ctx, c, "the GGUF file has no tensor called NAME.in_sum2");
}

int
quantize_read_matrix (fmtconv_ctx *ctx, fmtconv_input *in, fmtconv_model *out, struct quantize_matrix *matrix)
{
  fmtconv_cursor c = fmtconv_cursor_start (fmtconv_input_open (in)), head = c;
  const void *magic = fmtconv_cursor_take (&head, 4);
  if (!magic || memcmp (magic, "GGUF", 4) != 0)
    return fmtconv_ctx_failed (ctx) ? fmtconv_ctx_failed (ctx) : read_older (ctx, &c, matrix);
  matrix->model = fmtconv_input_read (in, "gguf");
  if (!matrix->model || check_names (ctx, &c, matrix->model))
    return fmtconv_ctx_failed (ctx);
  FMTCONV_FOREACH (t, matrix->model)
    fmtconv_model_drop (out, t, "importance of columns");
  return fmtconv_ctx_failed (ctx);
}

/* Returns tensor NAME.what of the GGUF file as rows of n elements, or NULL.  One number for all rows becomes one for each. */
static fmtconv_view *
find_rows (const struct quantize_matrix *matrix, const fmtconv_tensor *t, const char *what, uint64_t rows,
           uint64_t n)
{
  const fmtconv_tensor *found =
      fmtconv_model_find (matrix->model, fmtconv_ctx_printf (matrix->ctx, "%s.%s", t->name, what));
  if (!found)
    return NULL;
  const uint64_t elements = found->dtype == FMTCONV_F32 ? found->bytes / 4 : 0;
  const uint64_t shape[2] = { rows, n }, row[2] = { 1, n };
  if (elements && elements / n == rows && elements % n == 0)
    return fmtconv_view_reshape (found->view, 2, shape);
  if (elements == 1 && n == 1)
    return repeated (matrix->ctx, fmtconv_view_reshape (found->view, 2, row), rows);
  fmtconv_fail_at (matrix->ctx, FMTCONV_E_FORMAT, &(fmtconv_where){ .tensor = found->name },
                   "in the importance matrix this tensor is not %llu x %llu f32 elements",
                   (unsigned long long) rows, (unsigned long long) n);
  return NULL;
}

/* Returns an entry of the older form as rows of n values and their divisor, or NULL. */
static fmtconv_view *
find_older (const struct quantize_matrix *matrix, const fmtconv_tensor *t, uint64_t rows, uint64_t n)
{
  for (size_t i = 0; i < matrix->n; i++)
    {
      const struct quantize_weights *found = &matrix->weights[i];
      if (strcmp (found->name, t->name) != 0)
        continue;
      if (found->columns / n == rows && found->columns % n == 0)
        return with_count (matrix->ctx, fmtconv_view_reshape (found->view, 2, (const uint64_t[]){ rows, n }),
                           rows, found->calls);
      fmtconv_fail_at (matrix->ctx, FMTCONV_E_FORMAT, &(fmtconv_where){ .tensor = t->name },
                       "the importance matrix has %llu values for this tensor, which has %llu x %llu columns",
                       (unsigned long long) found->columns, (unsigned long long) rows,
                       (unsigned long long) n);
    }
  return NULL;
}

fmtconv_view *
quantize_importance (const struct quantize_matrix *matrix, const fmtconv_tensor *t)
{
  const uint64_t n = quantize_row (t), rows = quantize_matrices (t);
  if (!matrix->model)
    return find_older (matrix, t, rows, n);
  fmtconv_view *parts[2] = { find_rows (matrix, t, "in_sum2", rows, n), NULL };
  if (!parts[0])
    return NULL;
  parts[1] = find_rows (matrix, t, "counts", rows, 1);
  return parts[1] ? fmtconv_view_concat (1, 2, parts) : NULL;
}
