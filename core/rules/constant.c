/* core/rules/constant.c: rules without a source: tensors of constants, which the rules make, and in reverse leave out.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/os.h"
#include "core/model/model.h"
#include "core/rules/constant.h"
#include "core/rules/details.h"
#include "core/rules/index.h"
#include "core/rules/items.h"
#include "core/rules/keys.h"
#include "core/rules/let.h"
#include "core/rules/link.h"
#include "core/rules/unify.h"
#include "core/rules/whole.h"
#include "core/source/source.h"
#include "core/view/require-equal.h"
#include <fmtconv/formats.h>
#include <string.h>

enum
{
  MAX_ROWS =
      1 << 14 /* of an identity: more than a layer has, and less than a file without data can ask for */
};

/* ---- Compiling */

/* Parses .make: "identity", or the number that all elements are. */
static bool
parse_value (const char *s, fci_constant *constant)
{
  char *end = NULL;
  constant->is_identity = strcmp (s, "identity") == 0;
  if (constant->is_identity)
    return true;
  constant->value = (float) fci_os_strtod (s, &end);
  return end > s && !*end && constant->value - constant->value == 0;
}

static bool
parse_dtype (fci_table *table, const char *name, uint32_t *dtype)
{
  fci_try saved;
  if (!name)
    return true;
  fci_try_begin (table->ctx, &saved);
  *dtype = fmtconv_dtype_parse (table->ctx, name);
  fci_try_end (table->ctx, &saved);
  return fmtconv_dtype_is_float (*dtype);
}

/* In reverse, the tensor of that name is dropped. */
static bool
drop (fci_table *table, const fmtconv_rule *left_out, const char *name, unsigned number)
{
  fci_rule rule = { .declared = left_out, .number = number };
  return fci_table_pattern (table, number, &rule.in, name) && fci_table_join (table, &rule, true);
}

bool
fci_table_computed (fci_table *table)
{
  static const fmtconv_rule left_out = { .why = "config.json says what it is computed from" };
  const char *text = table->declared->attributes, *why = NULL;
  fmtconv_attr *tree = table->reverse && text ? fmtconv_attr_parse_json (table->ctx, text, &why) : NULL;
  const fmtconv_attr *tensors = tree ? fmtconv_attr_get (tree, FCI_TENSORS) : NULL;
  if (tensors && tensors->len > FCI_MAX_COMPUTED)
    return fci_table_bad (table, 0, ".attributes computes more than %d tensors", FCI_MAX_COMPUTED);
  for (const fmtconv_attr *a = tensors ? tensors->first : NULL; a; a = a->next)
    if (!drop (table, &left_out, a->key, 0))
      return false;
  return true;
}

bool
fci_table_constant (fci_table *table, const fmtconv_rule *declared, unsigned number)
{
  static const fmtconv_rule left_out = { .why = "a constant, which the output does not have" };
  if (table->n_constants == FCI_MAX_CONSTANTS)
    return fci_table_bad (table, number, "the table makes more than %d constants", FCI_MAX_CONSTANTS);
  fci_constant *constant = &table->constant[table->n_constants++];
  *constant = (fci_constant){ .declared = declared };
  bool wanted;
  if (!declared->to || strpbrk (declared->to, "{[=") || !*declared->to)
    return fci_table_bad (table, number, ".make needs a name without captures in `to`");
  if (!parse_value (declared->make, constant))
    return fci_table_bad (table, number, ".make is 'identity' or a number, not '%.40s'", declared->make);
  if (!parse_dtype (table, declared->dtype, &constant->dtype))
    return fci_table_bad (table, number, "'%.40s' is not a floating-point data type", declared->dtype);
  if (!declared->shape || strpbrk (declared->shape, "?|"))
    return fci_table_bad (table, number, ".make needs one .shape without '?'");
  if (!fci_rule_shape_parse (table, number, FCI_TEXT_SPAN (declared->shape), &constant->shape))
    return false;
  if (constant->is_identity && constant->shape.rank != 2)
    return fci_table_bad (table, number, "an identity has two dimensions");
  if (!fci_table_wants (table, declared, number, &wanted))
    return false;
  if (wanted)
    return !table->reverse || drop (table, &left_out, declared->to, number); /* and compared */
  table->n_constants--;
  return true;
}

/* ---- Checking */

void
fci_rule_run_miss_constants (fci_rule_run *run)
{
  for (unsigned i = 0; run->table.reverse && i < run->table.n_constants; i++)
    {
      const fmtconv_rule *declared = run->table.constant[i].declared;
      if (!(declared->flags & FMTCONV_RULE_OPTIONAL) && !fmtconv_model_find (run->in, declared->to))
        fci_rule_run_problem (run, FCI_PROBLEM_MISSING, "missing: '%s'", declared->to);
    }
}

/* Compares the shape and the data type of a tensor that is left out. */
static void
check_tensor (fci_rule_run *run, const fci_constant *constant, const fmtconv_tensor *tensor)
{
  fci_tensor_dims own;
  fci_dims_buffer text, wanted;
  fci_dims_of (tensor, &own);
  if (!fci_dims_equal (&own, &constant->dims))
    fci_rule_run_problem (run, FCI_PROBLEM_SHAPE, "'%s' has the shape %s, not %s (%s)", tensor->name,
                          fci_dims_text (&own, text), fci_dims_text (&constant->dims, wanted),
                          constant->declared->shape);
  else if (!fmtconv_dtype_is_float (tensor->dtype))
    fci_rule_run_problem (run, FCI_PROBLEM_SHAPE, "'%s' is %s, and cannot be compared with a constant",
                          tensor->name, fmtconv_dtype_get (tensor->dtype)->name);
}

void
fci_rule_run_constants (fci_rule_run *run)
{
  for (unsigned i = 0; i < run->table.n_constants && !run->problems[FCI_PROBLEM_SHAPE]; i++)
    {
      fci_constant *constant = &run->table.constant[i];
      const char *name = constant->declared->to, *shape = constant->declared->shape;
      const fmtconv_tensor *tensor = run->table.reverse ? fmtconv_model_find (run->in, name) : NULL;
      *run->reason = 0;
      if (!fci_rule_shape_known (run, &constant->shape, &constant->dims))
        fci_rule_run_problem (run, FCI_PROBLEM_SHAPE, "'%s': its shape %s is not known%s%s", name, shape,
                              *run->reason ? ": " : "", run->reason);
      else if (constant->is_identity && constant->dims.n[0] != constant->dims.n[1])
        fci_rule_run_problem (run, FCI_PROBLEM_SHAPE, "'%s': an identity is a square, which %s is not", name,
                              shape);
      else if (tensor)
        check_tensor (run, constant, tensor);
    }
}

/* ---- Making */

/* Returns a view of F32 elements in memory, whose indices are so many bytes apart. */
static fmtconv_view *
strided (fmtconv_ctx *ctx, const float *value, size_t n, const fci_tensor_dims *dims, int64_t stride)
{
  int64_t strides[FMTCONV_MAX_RANK];
  unsigned char *bytes = fmtconv_ctx_alloc (ctx, n, sizeof *value);
  if (!bytes)
    return NULL;
  for (size_t i = 0; i < n; i++)
    {
      uint32_t bits;
      memcpy (&bits, &value[i], sizeof bits);
      for (unsigned b = 0; b < sizeof bits; b++)
        bytes[sizeof bits * i + b] = (unsigned char) (bits >> (8 * b));
    }
  for (unsigned i = 0; i < dims->rank; i++)
    strides[i] = stride;
  return fmtconv_view_leaf (fci_source_memory (ctx, bytes, n * sizeof *value, "constant"), 0, FMTCONV_F32,
                            dims->rank, dims->n, strides);
}

/* Returns the identity of n rows: each row begins one element before that of the row above it, in a row of zeros with one 1. */
static fmtconv_view *
identity (fmtconv_ctx *ctx, const fci_tensor_dims *dims)
{
  const uint64_t n = dims->n[0];
  if (n > MAX_ROWS)
    {
      fmtconv_fail (ctx, FMTCONV_E_LIMIT, "an identity of %llu rows is too large", (unsigned long long) n);
      return NULL;
    }
  float *values = fmtconv_ctx_alloc (ctx, (size_t) (2 * n), sizeof *values);
  uint64_t *rows = fmtconv_ctx_alloc (ctx, (size_t) n + 1, sizeof *rows);
  if (!values || !rows)
    return NULL;
  if (n)
    values[n - 1] = 1;
  for (uint64_t i = 0; i < n; i++)
    rows[i] = n - 1 - i;
  fmtconv_view *mirrored = strided (ctx, values, (size_t) (2 * n), dims, sizeof *values);
  return fmtconv_view_gather (mirrored, 0, (size_t) n, rows);
}

static fmtconv_view *
make (fmtconv_ctx *ctx, const fci_constant *constant, uint32_t dtype)
{
  fmtconv_view *view = constant->is_identity ? identity (ctx, &constant->dims)
                                             : strided (ctx, &constant->value, 1, &constant->dims, 0);
  return view && dtype != FMTCONV_F32 ? fmtconv_view_cast (view, dtype) : view;
}

/* Returns the data type of the first tensor of the output, if it can be that of a constant. */
static uint32_t
first_dtype (const fci_rule_run *run)
{
  const fmtconv_tensor *first = run->n_items ? fci_rule_item_tensor (run, run->item[0], 0) : NULL;
  return first && fmtconv_dtype_is_float (first->dtype) ? first->dtype : FMTCONV_F32;
}

void
fci_rule_run_put_constants (fci_rule_run *run)
{
  for (unsigned i = 0; !run->table.reverse && i < run->table.n_constants; i++)
    {
      const fci_constant *constant = &run->table.constant[i];
      fmtconv_model_put (run->out, constant->declared->to,
                         make (run->ctx, constant, constant->dtype ? constant->dtype : first_dtype (run)));
    }
}

fmtconv_view *
fci_rule_run_require_constants (fci_rule_run *run, fmtconv_view *view)
{
  for (unsigned i = 0; view && run->table.reverse && i < run->table.n_constants; i++)
    {
      const fci_constant *constant = &run->table.constant[i];
      const fmtconv_tensor *tensor = fmtconv_model_find (run->in, constant->declared->to);
      const char *why = constant->is_identity
                            ? "it must be the identity matrix to be left out"
                            : fmtconv_ctx_printf (run->ctx, "it must be %s everywhere to be left out",
                                                  constant->declared->make);
      if (tensor)
        view = fci_view_require_value (view, make (run->ctx, constant, tensor->dtype), tensor->view,
                                       tensor->name, why);
    }
  return view;
}
