/* plugins/sat/experts.c: adds the experts of a mixture, each of which DeepSpeed saves in a separate file.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Layout (DeepSpeed 0.19, deepspeed/runtime/engine.py, _save_moe_checkpoint, _get_expert_ckpt_name and load_moe_state_dict):
 *   layer_L_expert_E_mp_rank_00_model_states.pt   L counts the layers with experts, E the experts of the layer in all ranks
 *   expert_E_mp_rank_00_model_states.pt           earlier: expert E of all layers
 *   mp_rank_00_model_states.pt                    all else; num_experts: how many each layer has
 * The names of tensors have the number of the expert: "….deepspeed_moe.experts.deepspeed_experts.E.…".  Layers that DeepSpeed has
 * put in place of those of transformers (AutoEP) have one tensor of all experts, "….experts.w1", of which the file of an expert
 * has its matrix as "….experts.w1.E". */
#include "config.h"

#include "plugins/common/text.h"
#include "sat.h"
#include <fmtconv/formats.h>
#include <stdlib.h>
#include <string.h>

#define END "_model_states.pt"

enum
{
  MAX_FILES = 1 << 16,
  ALL_LAYERS = 0
};

/* The file of one expert. */
typedef struct expert
{
  uint32_t layer; /* ALL_LAYERS in a name without one */
  uint32_t number;
  const char *name;
  const fmtconv_model *model;
} expert;

typedef struct mixture
{
  fmtconv_ctx *ctx;
  fmtconv_input *folder;
  expert *all; /* n, by layer and number */
  size_t n;
  fmtconv_attr *counts; /* num_experts; NULL: not known */
} mixture;

/* Passes a word and a number after it.  Returns false if they are not there. */
static bool
take (const char **at, const char *word, uint32_t *number)
{
  const char *digits = text_starts_with (*at, word) ? *at + strlen (word) : "";
  const size_t n = strspn (digits, "0123456789");
  if (n == 0 || n > 6)
    return false;
  *number = (uint32_t) strtoul (digits, NULL, 10);
  *at = digits + n;
  return true;
}

/* Parses the name of an expert's file.  Returns whether it is one; rank: the model-parallel rank. */
static bool
parse (const char *name, expert *out, uint32_t *rank)
{
  *out = (expert){ .layer = ALL_LAYERS, .name = name };
  const bool has_layer = take (&name, "layer_", &out->layer);
  return take (&name, has_layer ? "_expert_" : "expert_", &out->number) && take (&name, "_mp_rank_", rank)
         && strcmp (name, END) == 0;
}

int
sat_is_expert_name (const char *name)
{
  expert found;
  uint32_t rank;
  return parse (name, &found, &rank);
}

static int
by_number (const void *a, const void *b)
{
  const expert *x = a, *y = b;
  const int layers = (x->layer > y->layer) - (x->layer < y->layer);
  return layers ? layers : (x->number > y->number) - (x->number < y->number);
}

/* Lists the files of experts in the folder.  Returns 0 or an error code. */
static int
list (mixture *m)
{
  const char *name;
  expert found;
  uint32_t rank;
  size_t most = 0;
  for (size_t i = 0; (name = fmtconv_input_entry (m->folder, i)); i++)
    most += parse (name, &found, &rank);
  if (most > MAX_FILES)
    return fmtconv_fail (m->ctx, FMTCONV_E_LIMIT, "more than %d files of experts in %s", MAX_FILES,
                         fmtconv_input_path (m->folder));
  m->all = fmtconv_ctx_alloc (m->ctx, most + 1, sizeof *m->all);
  for (size_t i = 0; m->all && (name = fmtconv_input_entry (m->folder, i)); i++)
    {
      if (!parse (name, &found, &rank))
        continue;
      if (rank > 0)
        return fmtconv_fail (
            m->ctx, FMTCONV_E_UNSUPPORTED,
            "%s is of a model-parallel rank; how its experts are divided is not in the files", name);
      m->all[m->n++] = found;
    }
  if (m->all && m->n)
    qsort (m->all, m->n, sizeof *m->all, by_number);
  return fmtconv_ctx_failed (m->ctx);
}

/* Returns how many experts a layer has by num_experts. */
static uint64_t
count_of (const mixture *m, uint32_t layer)
{
  const fmtconv_attr *count = m->counts->first;
  for (uint32_t i = 0; count && i < layer; i++)
    count = count->next;
  return count && count->kind == FMTCONV_ATTR_INT && count->v.i > 0 ? (uint64_t) count->v.i : 0;
}

/* Returns the same; without num_experts as many as the files say, of which *at is the first of this or a later layer, and at
 * least one, as a layer without files is missing. */
static uint64_t
count_next (const mixture *m, uint32_t layer, size_t *at)
{
  uint64_t n = 1;
  if (m->counts)
    return count_of (m, layer);
  for (; *at < m->n && m->all[*at].layer == layer; ++*at)
    n = m->all[*at].number + UINT64_C (1);
  return n;
}

/* Returns how many layers have experts. */
static uint32_t
count_layers (const mixture *m)
{
  if (m->counts)
    return (uint32_t) m->counts->len;
  return m->n ? m->all[m->n - 1].layer + 1 : 0;
}

static const expert *
find (const mixture *m, uint32_t layer, uint32_t number)
{
  const expert wanted = { .layer = layer, .number = number };
  return m->n ? bsearch (&wanted, m->all, m->n, sizeof *m->all, by_number) : NULL;
}

/* Checks that each expert has a file, and that there are no others.  Returns 0 or an error code. */
static int
check (const mixture *m)
{
  uint64_t all = 0, absent = 0;
  size_t at = 0;
  for (uint32_t layer = 0; layer < count_layers (m) && all <= MAX_FILES; layer++)
    {
      const uint64_t n = count_next (m, layer, &at);
      for (uint32_t number = 0; number < n && ++all <= MAX_FILES; number++)
        if (!find (m, layer, number))
          {
            fmtconv_detail (m->ctx, "layer_%u_expert_%u_mp_rank_00" END, layer, number);
            absent++;
          }
    }
  if (absent)
    return fmtconv_fail_at (m->ctx, FMTCONV_E_MISSING,
                            &(fmtconv_where){ .hint = "check that the copy is complete" },
                            "%llu of %llu files of experts are missing in %s", (unsigned long long) absent,
                            (unsigned long long) all, fmtconv_input_path (m->folder));
  for (size_t i = 0; m->counts && i < m->n && all != m->n; i++)
    if (m->all[i].number >= count_of (m, m->all[i].layer))
      fmtconv_detail (m->ctx, "%s", m->all[i].name);
  return all == m->n
             ? fmtconv_ctx_failed (m->ctx)
             : fmtconv_fail_at (
                 m->ctx, FMTCONV_E_FORMAT,
                 &(fmtconv_where){ .hint = "remove the files that do not belong to this checkpoint" },
                 m->counts ? "num_experts says that there are %llu experts, but there are files of %zu"
                           : "%llu experts have %zu files",
                 (unsigned long long) all, m->n);
}

/* Returns the length of the name of the tensor of all experts that this is the matrix of one of; 0: it is none. */
static size_t
stem_of (const char *name, uint32_t number)
{
  const char *dot = strrchr (name, '.');
  const size_t n = dot ? (size_t) (dot - name) : 0;
  char *end = NULL;
  if (n < strlen (".experts.w1")
      || strncmp (name + n - strlen (".experts.w1"), ".experts.w", strlen (".experts.w")) != 0
      || !strchr ("123", name[n - 1]) || strspn (dot + 1, "0123456789") != strlen (dot + 1) || !dot[1])
    return 0;
  return strtoul (dot + 1, &end, 10) == number ? n : 0;
}

/* Returns the matrix of an expert as a part of the tensor of all; NULL: an error. */
static fmtconv_view *
part (const mixture *m, const expert *e, const char *name, size_t stem)
{
  const char *own = fmtconv_ctx_printf (m->ctx, "%.*s.%u", (int) stem, name, e->number);
  const fmtconv_tensor *t = own ? fmtconv_model_find (e->model, own) : NULL;
  uint64_t shape[FMTCONV_MAX_RANK] = { 1 };
  if (!t || t->rank + 1 > FMTCONV_MAX_RANK)
    {
      fmtconv_fail_at (m->ctx, FMTCONV_E_FORMAT, &(fmtconv_where){ .tensor = own }, "it is not in %s",
                       e->name);
      return NULL;
    }
  memcpy (shape + 1, t->shape, t->rank * sizeof *shape);
  return fmtconv_view_reshape (t->view, t->rank + 1, shape);
}

/* Puts the tensor of all experts of a layer, whose first is `e`, n of them. */
static void
put_joined (const mixture *m, const expert *e, size_t n, const char *name, size_t stem, fmtconv_model *out)
{
  fmtconv_view **parts = fmtconv_scratch_alloc (m->ctx, n, sizeof *parts);
  for (size_t i = 0; parts && i < n; i++)
    parts[i] = part (m, &e[i], name, stem);
  if (parts && !fmtconv_ctx_failed (m->ctx))
    fmtconv_model_put (out, fmtconv_ctx_printf (m->ctx, "%.*s", (int) stem, name),
                       fmtconv_view_concat (0, n, parts));
}

/* Puts the tensors of the n experts of a layer. */
static void
put_layer (const mixture *m, const expert *e, size_t n, fmtconv_model *out)
{
  for (size_t i = 0; i < n; i++)
    FMTCONV_FOREACH (t, e[i].model)
      {
        const size_t stem = stem_of (t->name, e[i].number);
        if (!stem)
          fmtconv_model_put (out, t->name, t->view);
        else if (i == 0)
          put_joined (m, e, n, t->name, stem, out);
      }
}

/* Checks that the n experts of a layer have as many tensors.  Returns 0 or an error code. */
static int
check_layer (const mixture *m, const expert *e, size_t n)
{
  for (size_t i = 1; i < n; i++)
    if (fmtconv_model_count (e[i].model) != fmtconv_model_count (e->model))
      return fmtconv_fail (m->ctx, FMTCONV_E_FORMAT, "%s has %zu tensors, and %s %zu", e[i].name,
                           fmtconv_model_count (e[i].model), e->name, fmtconv_model_count (e->model));
  return 0;
}

/* Returns how many experts from number i on are of one layer. */
static size_t
layer_from (const mixture *m, size_t i)
{
  size_t n = 1;
  while (i + n < m->n && m->all[i + n].layer == m->all[i].layer)
    n++;
  return n;
}

int
sat_read_experts (fmtconv_ctx *ctx, const struct sat_place *place, const char *reader, fmtconv_model *out)
{
  mixture m = { .ctx = ctx,
                .folder = fmtconv_input_parent (place->ranks[0]),
                .counts = fmtconv_attr_get (fmtconv_attr_at (fmtconv_model_attrs (out), "source/torch"),
                                            "num_experts") };
  if (m.counts && m.counts->kind != FMTCONV_ATTR_ARRAY)
    m.counts = NULL; /* one number for all layers, before each had a file */
  if (list (&m) || check (&m) || !m.n)
    return fmtconv_ctx_failed (ctx);
  for (size_t i = 0; i < m.n && !fmtconv_ctx_failed (ctx); i++)
    m.all[i].model = fmtconv_input_read (fmtconv_input_child (m.folder, m.all[i].name), reader);
  for (size_t i = 0, n; i < m.n && !fmtconv_ctx_failed (ctx); i += n)
    {
      n = layer_from (&m, i);
      if (check_layer (&m, &m.all[i], n) == 0)
        put_layer (&m, &m.all[i], n, out);
    }
  return fmtconv_ctx_failed (ctx)
             ? fmtconv_ctx_failed (ctx)
             : fmtconv_note (ctx, "the experts of %u layers are read from %zu files", count_layers (&m), m.n);
}
