/* plugins/megatron/layers.c: gives the layers of all stages of the pipeline their numbers in the whole model.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The first number after "layers." counts the layers of a stage from 0.  Layers are counted separately for each text before it:
 * "decoder.layers.", "encoder.layers.".  Tensors without such a number that several stages have, such as the embedding of
 * tied models under one name, are copies that must be equal. */
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
      const parts p = take_apart (t->name);
      kind *k = p.length ? find_kind (c, t->name, &p) : NULL;
      if (p.length && !k)
        return fmtconv_ctx_failed (c->load->ctx);
      if (k && p.number >= k->own)
        k->own = p.number + 1;
    }
  return 0;
}

/* Puts a tensor, or compares it with that of another stage. */
static void
put (const counting *c, const char *name, bool is_layer, const fmtconv_tensor *t, const char *rank)
{
  const fmtconv_tensor *other = fmtconv_model_find (c->load->out, name);
  if (!other)
    fmtconv_model_put (c->load->out, name, t->view);
  else if (is_layer)
    fmtconv_fail_at (c->load->ctx, FMTCONV_E_FORMAT, &(fmtconv_where){ .tensor = t->name },
                     "%s has it, and a rank before it, too", rank);
  else
    fmtconv_model_replace (c->load->out, other,
                           fmtconv_view_require_equal (2, (fmtconv_view *const[]){ other->view, t->view }));
}

/* Puts the tensors that a rank has of a stage. */
static int
put_share (counting *c, const fmtconv_model *model, uint32_t tensor, const char *rank)
{
  fmtconv_ctx *ctx = c->load->ctx;
  FMTCONV_FOREACH (t, model)
    {
      const parts p = take_apart (t->name);
      const kind *k = p.length ? find_kind (c, t->name, &p) : NULL;
      const char *name = k ? fmtconv_ctx_printf (ctx, "tp.%u.%.*s%llu%s", tensor, (int) p.length, t->name,
                                                 (unsigned long long) (k->before + p.number), p.rest)
                           : fmtconv_ctx_printf (ctx, "tp.%u.%s", tensor, t->name);
      if (name)
        put (c, name, k != NULL, t, rank);
      if (fmtconv_ctx_failed (ctx))
        return fmtconv_ctx_failed (ctx);
    }
  return 0;
}

/* Puts one stage of a pipeline rank. */
static int
put_stage (counting *c, uint32_t stage, uint32_t pipeline)
{
  const megatron_load *load = c->load;
  for (uint32_t t = 0; t < load->tensor_ranks; t++)
    if (count_layers (c, megatron_model (load, stage, pipeline, t)))
      return fmtconv_ctx_failed (load->ctx);
  for (uint32_t t = 0; t < load->tensor_ranks; t++)
    if (put_share (c, megatron_model (load, stage, pipeline, t), t, megatron_rank_name (load, t, pipeline)))
      return fmtconv_ctx_failed (load->ctx);
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
  fmtconv_attr *args =
      fmtconv_attr_at (fmtconv_model_attrs (megatron_model (c->load, 0, 0, 0)), "source/torch/args");
  const int64_t wanted = fmtconv_attr_get_int (args, "num_layers", -1);
  for (size_t i = 0; i < c->n; i++)
    if (wanted >= 0 && c->kinds[i].before == (uint64_t) wanted)
      return 0;
  for (size_t i = 0; i < c->n; i++)
    fmtconv_detail (c->load->ctx, "%.*s: %llu", (int) c->kinds[i].length - 1, c->kinds[i].prefix,
                    (unsigned long long) c->kinds[i].before);
  if (wanted < 0)
    return fmtconv_fail (
        c->load->ctx, FMTCONV_E_UNSUPPORTED,
        "the arguments have no num_layers, with which the layers of all stages are compared");
  return fmtconv_fail_at (
      c->load->ctx, FMTCONV_E_FORMAT, &(fmtconv_where){ .hint = "check that the copy is complete" },
      "the stages of the pipeline do not have %lld layers, as the arguments say:", (long long) wanted);
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
