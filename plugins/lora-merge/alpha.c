/* plugins/lora-merge/alpha.c: the factor of a product: weight · alpha / rank, and where alpha is from.
 * SPDX-License-Identifier: Apache-2.0
 *
 * SAT: lora_alpha of training_config.yaml, or 1 (SwissArmyTransformer: sat/model/finetune/lora2.py).  peft and diffusers:
 * the fields of LoraConfig in the metadata (diffusers: loaders/lora_base.py), else alpha is the rank. */
#include "merge.h"
#include <math.h>
#include <string.h>

/* What a file says of its pairs. */
struct facts
{
  fmtconv_attr *sat;  /* lora_config's parameters; NULL: none */
  fmtconv_attr *peft; /* flat, keys with or without a prefix; NULL: none */
  int warned;
};

static struct facts
facts_of (struct merge *m)
{
  const char *why;
  fmtconv_attr *attrs = fmtconv_attrs (m->lora);
  const char *text = fmtconv_get_string (fmtconv_get (attrs, "metadata"), "lora_adapter_metadata", NULL);
  struct facts f = { .sat = fmtconv_at (
                         attrs,
                         "source/training_config/model/network_config/params/modules/lora_config/params") };
  f.peft = text ? fmtconv_json_parse (m->ctx, text, &why) : NULL;
  if (text && !f.peft && why)
    fmtconv_fail (m->ctx, FMTCONV_E_FORMAT, "lora_adapter_metadata of the LoRA is no JSON: %s", why);
  return f;
}

/* A field of LoraConfig: with the first component of the module's name in front, or that of a transformer, or bare. */
static fmtconv_attr *
field (struct merge *m, const struct facts *f, const struct merge_pair *pair, const char *key)
{
  const char *first = fmtconv_text (m->ctx, "%.*s.%s", (int) strcspn (pair->module, "."), pair->module, key);
  fmtconv_attr *node = first ? fmtconv_get (f->peft, first) : NULL;
  node = node ? node : fmtconv_get (f->peft, fmtconv_text (m->ctx, "transformer.%s", key));
  return node ? node : fmtconv_get (f->peft, key);
}

/* The value of a field for a module: its pattern's (peft: a name, or its end behind a point), else the field's. */
static double
setting (struct merge *m, const struct facts *f, const struct merge_pair *pair, const char *key,
         const char *pattern_key)
{
  fmtconv_attr *patterns = field (m, f, pair, pattern_key);
  size_t n = strlen (pair->module);
  for (fmtconv_attr *p = patterns && patterns->kind == FMTCONV_A_OBJECT ? patterns->first : NULL; p;
       p = p->next)
    {
      size_t k = strlen (p->key);
      if (strpbrk (p->key, "\\^$*+?{}[]|()"))
        return (void) fmtconv_fail (m->ctx, FMTCONV_E_UNSUPPORTED,
                                    "%s of the LoRA's metadata has a regular expression: '%s'", pattern_key,
                                    p->key),
               NAN;
      if (k <= n && strcmp (pair->module + n - k, p->key) == 0 && (k == n || pair->module[n - k - 1] == '.'))
        return fmtconv_get_float (p, NULL, NAN);
    }
  return fmtconv_get_float (field (m, f, pair, key), NULL, NAN);
}

static double
sat_alpha (struct merge *m, struct facts *f, uint64_t rank)
{
  double alpha = fmtconv_get_float (f->sat, "lora_alpha", NAN);
  if (!isnan (alpha))
    return alpha;
  if (!f->warned)
    fmtconv_warn (m->ctx,
                  "%s: alpha 1 (SAT's default) is taken, so the LoRA acts at 1/%llu of B A; if it was "
                  "trained with another, give lora-merge:alpha=N",
                  f->sat ? "training_config.yaml sets no lora_alpha" : "nothing says what alpha was",
                  (unsigned long long) rank);
  f->warned = 1;
  return 1;
}

/* What peft would divide by, and what it cannot be without. */
static int
check_peft (struct merge *m, const struct facts *f, const struct merge_pair *pair, uint64_t rank)
{
  double said = setting (m, f, pair, "r", "rank_pattern");
  const fmtconv_where where = { .tensor = pair->a->name };
  if (fmtconv_get_int (field (m, f, pair, "use_dora"), NULL, 0))
    return fmtconv_fail_at (m->ctx, FMTCONV_E_UNSUPPORTED, &where,
                            "its metadata say that it is a DoRA, which also scales the weight");
  if (!isnan (said) && said != (double) rank)
    return fmtconv_fail_at (m->ctx, FMTCONV_E_FORMAT, &where,
                            "the LoRA's metadata say rank %g, and it has rank %llu", said,
                            (unsigned long long) rank);
  return fmtconv_failed (m->ctx);
}

/* A tensor beside the pair that says alpha, as kohya's scripts write it. */
static double
alpha_beside (struct merge *m, const struct merge_pair *pair)
{
  const fmtconv_tensor *t = fmtconv_find (m->lora, fmtconv_text (m->ctx, "%s.alpha", pair->module));
  double value = NAN;
  if (t)
    fmtconv_scalar (t, &value);
  return value;
}

static double
peft_alpha (struct merge *m, const struct facts *f, const struct merge_pair *pair, uint64_t rank)
{
  double alpha = alpha_beside (m, pair);
  if (isnan (alpha))
    alpha = setting (m, f, pair, "lora_alpha", "alpha_pattern");
  return isnan (alpha) ? (double) rank : alpha;
}

int
merge_set_factors (struct merge *m)
{
  struct facts f = facts_of (m);
  for (size_t i = 0; i < m->n && !fmtconv_failed (m->ctx); i++)
    {
      struct merge_pair *p = &m->pairs[i];
      const uint64_t rank = p->a->rank ? p->a->shape[0] : 0;
      double alpha = m->params->alpha, by = (double) rank;
      if (rank == 0)
        return fmtconv_fail_at (m->ctx, FMTCONV_E_FORMAT, &(fmtconv_where){ .tensor = p->a->name },
                                "a LoRA of rank 0 changes nothing");
      if (!p->is_sat && check_peft (m, &f, p, rank))
        return fmtconv_failed (m->ctx);
      if (isnan (alpha))
        alpha = p->is_sat ? sat_alpha (m, &f, rank) : peft_alpha (m, &f, p, rank);
      if (!p->is_sat && fmtconv_get_int (field (m, &f, p, "use_rslora"), NULL, 0))
        by = sqrt (by);
      p->factor = m->params->weight * alpha / by;
      if (!isfinite (p->factor))
        return fmtconv_fail_at (m->ctx, FMTCONV_E_USAGE, &(fmtconv_where){ .tensor = p->a->name },
                                "weight %g and alpha %g make no LoRA", m->params->weight, alpha);
    }
  return fmtconv_failed (m->ctx);
}
