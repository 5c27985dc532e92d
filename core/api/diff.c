/* core/api/diff.c: fmtconv_diff: compares two checkpoints of any formats.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/api/side.h"
#include "core/api/tree.h"
#include "core/base/ctx.h"
#include "core/base/error.h"
#include "core/base/structs.h"
#include "core/exec/check/scan.h"
#include <math.h>
#include <string.h>

typedef struct side
{
  fmtconv_diff_side given;
  fci_side opened;
} side;

/* A pair of tensors with the same name. */
typedef struct pair
{
  const char *name;
  const fmtconv_tensor *a;
  const fmtconv_tensor *b;
  bool same_shape;
  bool as_bytes; /* blocks without a decoder: their bytes are compared */
  bool is_compared;
  size_t scan; /* the number of the comparison; only if is_compared */
} pair;

typedef struct comparison
{
  fmtconv_ctx *ctx;
  side a;
  side b;
  pair *pairs;
  size_t n_pairs;
  fci_scan *scans;
  size_t n_scans;
} comparison;

/* Copies what the application gave, with its texts. */
static int
take_side (fmtconv_ctx *ctx, const fmtconv_diff_side *given, fmtconv_diff_side *to)
{
  if (fci_struct_take (ctx, FCI_STRUCT (fmtconv_diff_side), given, to))
    return ctx->failed;
  to->path = fci_strdup (ctx, to->path);
  to->reader = fci_strdup (ctx, to->reader);
  to->transforms = fci_strings_take (ctx, "fmtconv_diff_side.transforms", to->transforms, to->n_transforms);
  return ctx->failed;
}

static int
read_side (fmtconv_ctx *ctx, side *s)
{
  const fmtconv_diff_side *given = &s->given;
  if (!given->path || !*given->path)
    return fmtconv_fail (ctx, FMTCONV_E_USAGE, "two files or folders to compare are required");
  s->opened = (fci_side){ .path = given->path,
                          .reader = given->reader,
                          .transforms = given->transforms,
                          .n_transforms = given->n_transforms };
  return fci_side_read (ctx, &s->opened);
}

/* Returns the name of a tensor in the report: COMPONENT/NAME for a tensor of a bundle. */
static const char *
full_name (fmtconv_ctx *ctx, const fmtconv_model *leaf, const fmtconv_tensor *t)
{
  const char *component = fmtconv_model_name (leaf);
  return *component ? fmtconv_ctx_printf (ctx, "%s/%s", component, t->name) : t->name;
}

static const fmtconv_tensor *
find (const fmtconv_model *model, const fmtconv_model *like, const char *name)
{
  FCI_FOREACH_LEAF (leaf, model)
    if (!strcmp (fmtconv_model_name (leaf), fmtconv_model_name (like)))
      return fmtconv_model_find (leaf, name);
  return NULL;
}

static bool
same_shape (const fmtconv_tensor *a, const fmtconv_tensor *b)
{
  return a->rank == b->rank && (!a->rank || !memcmp (a->shape, b->shape, a->rank * sizeof *a->shape));
}

/* Collects the tensors that both sides have, and the names of the others in the lists. */
static int
match (comparison *c, fmtconv_attr *only_a, fmtconv_attr *only_b)
{
  size_t max = fci_model_tensors (c->a.opened.model) + 1;
  c->pairs = fmtconv_ctx_alloc (c->ctx, max, sizeof *c->pairs);
  c->scans = fmtconv_ctx_alloc (c->ctx, max, sizeof *c->scans);
  if (!c->pairs || !c->scans)
    return c->ctx->failed;
  FCI_FOREACH_LEAF (leaf, c->a.opened.model)
    FMTCONV_FOREACH (t, leaf)
      {
        const fmtconv_tensor *other = find (c->b.opened.model, leaf, t->name);
        if (other)
          c->pairs[c->n_pairs++] = (pair){
            .name = full_name (c->ctx, leaf, t), .a = t, .b = other, .same_shape = same_shape (t, other)
          };
        else
          fmtconv_attr_set_string (only_a, NULL, full_name (c->ctx, leaf, t));
      }
  FCI_FOREACH_LEAF (leaf, c->b.opened.model)
    FMTCONV_FOREACH (t, leaf)
      if (!find (c->a.opened.model, leaf, t->name))
        fmtconv_attr_set_string (only_b, NULL, full_name (c->ctx, leaf, t));
  return c->ctx->failed;
}

/* Compares blocks without a decoder as bytes if both sides have one type; otherwise their values are not compared. */
static void
add_scan (comparison *c, pair *p)
{
  const bool decoded = fci_scan_can_compare (p->a->dtype) && fci_scan_can_compare (p->b->dtype);
  p->as_bytes = !decoded && p->a->dtype == p->b->dtype;
  p->is_compared = p->same_shape && (decoded || p->as_bytes);
  p->scan = c->n_scans;
  if (p->is_compared)
    c->scans[c->n_scans++] = (fci_scan){ .name = p->name,
                                         .a = p->as_bytes ? fmtconv_view_bytes (p->a->view) : p->a->view,
                                         .b = p->as_bytes ? fmtconv_view_bytes (p->b->view) : p->b->view };
}

static int
compare (comparison *c)
{
  for (size_t i = 0; i < c->n_pairs; i++)
    add_scan (c, &c->pairs[i]);
  if (c->ctx->failed)
    return c->ctx->failed;
  return fci_scan_all (c->ctx, c->scans, c->n_scans);
}

static const char *
difference (const comparison *c, const pair *p)
{
  if (p->a->dtype != p->b->dtype)
    return "dtype";
  if (!p->same_shape)
    return "shape";
  return c->scans[p->scan].gap.differ ? "values" : NULL;
}

static void
add_form (fmtconv_attr *node, const char *key, const fmtconv_tensor *t)
{
  fmtconv_attr *form = fmtconv_attr_make (node, key);
  fci_add_tensor (form, t->name, t->view);
  fmtconv_attr_unset (form, "name");
  fmtconv_attr_unset (form, "bytes");
}

/* Adds the number of elements, or bytes, that differ. */
static void
add_counts (fmtconv_attr *node, const fci_gap *gap)
{
  fci_add_count (node, "of", gap->n);
  fci_add_count (node, "differ", gap->differ);
  if (gap->differ)
    fci_add_count (node, "first", gap->first);
}

static void
add_figures (fmtconv_attr *node, const fci_gap *gap)
{
  const uint64_t finite = gap->n - gap->beyond;
  fci_add_count (node, "not_finite", gap->beyond);
  fci_add_number (node, "max_abs", gap->largest);
  fci_add_number (node, "rmse", finite ? sqrt (gap->error / (double) finite) : 0);
  fci_add_number (node, "snr_db",
                  gap->error > 0 && gap->signal > 0 ? 10 * log10 (gap->signal / gap->error) : NAN);
}

static size_t
add_pairs (fmtconv_attr *list, const comparison *c)
{
  size_t differ = 0;
  for (size_t i = 0; i < c->n_pairs; i++)
    {
      const pair *p = &c->pairs[i];
      const char *what = difference (c, p);
      if (!what)
        continue;
      fmtconv_attr *node = fci_add_object (list);
      fmtconv_attr_set_string (node, "name", p->name);
      fmtconv_attr_set_string (node, "what", what);
      add_form (node, "a", p->a);
      add_form (node, "b", p->b);
      fmtconv_attr *counts =
          p->is_compared ? fmtconv_attr_make (node, p->as_bytes ? "bytes" : "values") : NULL;
      if (counts)
        add_counts (counts, &c->scans[p->scan].gap);
      if (counts && !p->as_bytes)
        add_figures (counts, &c->scans[p->scan].gap);
      differ++;
    }
  return differ;
}

static void
add_side (fmtconv_attr *node, const side *s)
{
  fci_add_text (node, "path", s->given.path);
  fmtconv_attr_set_string (node, "reader", s->opened.link.plugin->name);
  fci_add_count (node, "tensors", fci_model_tensors (s->opened.model));
  fci_add_count (node, "bytes", fci_model_bytes (s->opened.model));
}

fmtconv_attr *
fmtconv_diff (fmtconv_ctx *ctx, const fmtconv_diff_side *a, const fmtconv_diff_side *b)
{
  if (fci_call_begin (ctx, a && b, "two files or folders to compare are required"))
    return NULL;
  comparison c = { .ctx = ctx };
  fmtconv_attr *report = fmtconv_attr_object (ctx);
  if (take_side (ctx, a, &c.a.given) || take_side (ctx, b, &c.b.given) || read_side (ctx, &c.a)
      || read_side (ctx, &c.b))
    return NULL;
  add_side (fmtconv_attr_make (report, "a"), &c.a);
  add_side (fmtconv_attr_make (report, "b"), &c.b);
  fmtconv_attr *only_a = fci_add_array (report, "only_a"), *only_b = fci_add_array (report, "only_b");
  if (match (&c, only_a, only_b) || compare (&c))
    return NULL;
  size_t differ = add_pairs (fci_add_array (report, "tensors"), &c);
  fci_add_count (report, "same", c.n_pairs - differ);
  fci_add_count (report, "differ", differ);
  fmtconv_attr_set_bool (report, "equal", !differ && !only_a->len && !only_b->len);
  return ctx->failed ? NULL : report;
}
