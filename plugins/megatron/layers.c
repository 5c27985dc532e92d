/* plugins/megatron/layers.c: gives the layers of all stages of the pipeline their numbers in the whole model.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The first number after "layers." counts the layers of a stage from 0.  Layers are counted separately for each text before it:
 * "decoder.layers.", "encoder.layers.".  Tensors without such a number that several stages have, such as the embedding of
 * tied models under one name, are copies that must be equal; so is all that expert-parallel ranks have except experts. */
#include "config.h"

#include "plugins/megatron/megatron.h"
#include <stdlib.h>
#include <string.h>

enum
{
  MAX_LAYERS = 1 << 16,
  MAX_KINDS = 16 /* texts before "layers." */
};

/* The layers whose names begin with one text. */
typedef struct kind
{
  const char *prefix;
  size_t length;
  uint64_t before; /* layers of the stages before */
  uint64_t own;    /* of this stage */
} kind;

typedef struct counting
{
  megatron_load *load;
  size_t n;
  kind kinds[MAX_KINDS];
} counting;

/* A name, taken apart: the text up to its first number of a layer, the number, and the text after it. */
typedef struct parts
{
  size_t length; /* of the first text; 0: there is no number */
  uint64_t number;
  const char *rest;
} parts;

static parts
take_apart (const char *name)
{
  for (const char *at = name; (at = strstr (at, "layers.")); at++)
    {
      const char *number = at + strlen ("layers.");
      const size_t digits = strspn (number, "0123456789");
      if ((at == name || at[-1] == '.') && digits && digits < 6 && number[digits] == '.')
        return (parts){ (size_t) (number - name), strtoul (number, NULL, 10), number + digits };
    }
  return (parts){ 0, 0, name };
}

/* Returns the kind of a name's layer; NULL: an error. */
static kind *
find_kind (counting *c, const char *name, const parts *p)
{
  for (size_t i = 0; i < c->n; i++)
    if (c->kinds[i].length == p->length && !memcmp (c->kinds[i].prefix, name, p->length))
      return &c->kinds[i];
  if (c->n == MAX_KINDS)
    {
      fmtconv_fail_at (c->load->ctx, FMTCONV_E_LIMIT, &(fmtconv_where){ .tensor = name },
                       "the layers have more than %d different names", MAX_KINDS);
      return NULL;
    }
  c->kinds[c->n] = (kind){ .prefix = name, .length = p->length };
  return &c->kinds[c->n++];
}

/* Counts the layers of a stage. */
static int
count_layers (counting *c, const fmtconv_model *model)
{
  FMTCONV_FOREACH (t, model)
    {
      const char *name = megatron_plain_name (c->load, t->name);
      const parts p = take_apart (name);
      kind *k = p.length ? find_kind (c, name, &p) : NULL;
      if (p.length && !k)
        return fmtconv_ctx_failed (c->load->ctx);
      if (k && p.number >= k->own)
        k->own = p.number + 1;
    }
  return 0;
}

/* Puts a tensor, or compares it with its copy in another rank. */
static void
put (const counting *c, const char *name, bool may_be_copy, const char *own, fmtconv_view *view,
     megatron_rank rank)
{
  const fmtconv_tensor *other = fmtconv_model_find (c->load->out, name);
  if (!other)
    fmtconv_model_put (c->load->out, name, view);
  else if (!may_be_copy)
    fmtconv_fail_at (c->load->ctx, FMTCONV_E_FORMAT, &(fmtconv_where){ .tensor = own },
                     "%s has it, and a rank before it, too", megatron_rank_name (c->load, rank));
  else
    fmtconv_model_replace (c->load->out, other,
                           fmtconv_view_require_equal (2, (fmtconv_view *const[]){ other->view, view }));
}

/* Puts one tensor of a rank.  own: its name there. */
static void
put_tensor (counting *c, const char *own, fmtconv_view *view, megatron_rank rank)
{
  megatron_load *load = c->load;
  const char *expert = megatron_expert_name (load, own, rank);
  const parts p = take_apart (expert ? expert : own);
  const kind *k = p.length ? find_kind (c, own, &p) : NULL;
  const uint32_t share = expert ? rank.tensor % load->expert_tensor_ranks : rank.tensor;
  const char *name = k ? fmtconv_ctx_printf (load->ctx, "tp.%u.%.*s%llu%s", share, (int) p.length, own,
                                             (unsigned long long) (k->before + p.number), p.rest)
                       : fmtconv_ctx_printf (load->ctx, "tp.%u.%s", share, expert ? expert : own);
  if (name && !fmtconv_ctx_failed (load->ctx))
    put (c, name, !expert && (!k || rank.expert), own, view, rank);
}

/* Puts a tensor of a rank, or one of each expert in it. */
static void
put_all (counting *c, const fmtconv_tensor *t, megatron_rank rank)
{
  const char *own = megatron_plain_name (c->load, t->name);
  const unsigned matrix = megatron_joint_matrix (c->load, own);
  if (!matrix)
    put_tensor (c, own, t->view, rank);
  for (uint32_t i = 0; matrix && i < c->load->experts && !fmtconv_ctx_failed (c->load->ctx); i++)
    {
      fmtconv_view *view = megatron_take_expert (c->load, own, t->view, i);
      const char *name = fmtconv_ctx_printf (c->load->ctx, "%.*slinear_fc%u.weight%u",
                                             (int) (strlen (own) - strlen ("weight1")), own, matrix, i);
      if (view && name)
        put_tensor (c, name, view, rank);
    }
}

/* Puts one stage of a pipeline rank. */
static int
put_stage (counting *c, uint32_t stage, uint32_t pipeline)
{
  megatron_load *load = c->load;
  const megatron_rank first = { .pipeline = pipeline };
  megatron_rank rank = first;
  do
    if (count_layers (c, megatron_model (load, stage, rank)))
      return fmtconv_ctx_failed (load->ctx);
  while (megatron_next_rank (load, &rank) && rank.pipeline == pipeline);
  rank = first;
  do
    FMTCONV_FOREACH (t, megatron_model (load, stage, rank))
      {
        put_all (c, t, rank);
        if (fmtconv_ctx_failed (load->ctx))
          return fmtconv_ctx_failed (load->ctx);
      }
  while (megatron_next_rank (load, &rank) && rank.pipeline == pipeline);
  for (size_t i = 0; i < c->n; i++)
    {
      c->kinds[i].before += c->kinds[i].own;
      c->kinds[i].own = 0;
      if (c->kinds[i].before > MAX_LAYERS)
        return fmtconv_fail (load->ctx, FMTCONV_E_LIMIT, "the model has more than %d layers", MAX_LAYERS);
    }
  return 0;
}

/* Checks that the stages have as many layers as the arguments say. */
static int
check_layers (const counting *c)
{
  const int64_t wanted = fmtconv_attr_get_int (c->load->args, "num_layers", -1);
  for (size_t i = 0; i < c->n; i++)
    if (wanted >= 0 && c->kinds[i].before == (uint64_t) wanted)
      return 0;
  for (size_t i = 0; i < c->n; i++)
    fmtconv_detail (c->load->ctx, "%.*s: %llu", (int) c->kinds[i].length - 1, c->kinds[i].prefix,
                    (unsigned long long) c->kinds[i].before);
  if (wanted < 0)
    return fmtconv_fail (c->load->ctx, FMTCONV_E_UNSUPPORTED,
                         "%s no num_layers, with which the layers of all stages are compared",
                         megatron_say (c->load));
  return fmtconv_fail_at (c->load->ctx, FMTCONV_E_FORMAT,
                          &(fmtconv_where){ .hint = "check that the copy is complete" },
                          "%s %lld layers, but the stages of the pipeline have %s", megatron_say (c->load),
                          (long long) wanted, c->n ? "other numbers of them:" : "none");
}

int
megatron_put_shares (megatron_load *load)
{
  counting c = { .load = load };
  for (uint32_t stage = 0; stage < load->stages; stage++)
    for (uint32_t pipeline = 0; pipeline < load->pipeline_ranks; pipeline++)
      if (put_stage (&c, stage, pipeline))
        return fmtconv_ctx_failed (load->ctx);
  return check_layers (&c);
}
