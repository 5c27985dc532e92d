/* plugins/model-card/size.c: the number of a model's parameters, and its label: "7.6B", "8x7B".
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/common/text.h"
#include "plugins/model-card/model-card.h"
#include <math.h>
#include <stdlib.h>

/* Returns the elements of a tensor.  Of the matrices of an adapter, which follow each other, the second counts as their
 * product, and the first is not counted.  *a: the first of a pair, if it was the last tensor. */
static double
elements (const fmtconv_tensor *t, const fmtconv_tensor **a)
{
  double n = 1;
  const fmtconv_tensor *first = *a;
  const bool is_a = text_ends_with (t->name, ".lora_a"), is_b = text_ends_with (t->name, ".lora_b");
  *a = is_a ? t : NULL;
  for (unsigned d = 0; d < t->rank; d++)
    n *= (double) (is_b && first && d + 1 == t->rank ? first->shape[first->rank - 1] : t->shape[d]);
  return is_a ? 0 : n;
}

/* Returns the number of experts of which a tensor has the weights, or of those before it; 0: it is shared. */
static double
experts_of (const fmtconv_tensor *t)
{
  const char *at = strstr (t->name, ".experts.");
  if (strstr (t->name, "_exps.")) /* llama.cpp's names */
    return t->rank > 2 ? (double) t->shape[0] : 0;
  if (!at)
    return 0;
  at += strlen (".experts.");
  if (*at >= '0' && *at <= '9')
    return strtod (at, NULL) + 1;
  return t->rank > 2 ? (double) t->shape[0] : 0;
}

/* Returns a number of parameters with two digits or more. */
static const char *
label (fmtconv_ctx *ctx, double n)
{
  static const struct
  {
    double above;
    double unit;
    char letter;
  } units[] = { { 1e12, 1e-12, 'T' }, { 1e9, 1e-9, 'B' }, { 1e6, 1e-6, 'M' }, { -1, 1e-3, 'K' } };
  size_t i = 0;
  while (n <= units[i].above)
    i++;
  const double scaled = n * units[i].unit, whole = rint (scaled);
  const unsigned places = whole >= 10  ? 0
                          : whole >= 1 ? 1
                                       : 2,
                 ten = places == 0   ? 1
                       : places == 1 ? 10
                                     : 100;
  const unsigned long long digits = (unsigned long long) rint (scaled * ten);
  if (!places)
    return fmtconv_ctx_printf (ctx, "%llu%c", digits, units[i].letter);
  return fmtconv_ctx_printf (ctx, "%llu.%0*llu%c", digits / ten, (int) places, digits % ten, units[i].letter);
}

const char *
model_card_size (struct model_card *m)
{
  double shared = 0, routed = 0, experts = 0;
  const fmtconv_tensor *a = NULL;
  FMTCONV_FOREACH (t, m->in)
    {
      const double n = experts_of (t);
      experts = n > experts ? n : experts;
      if (n > 0)
        routed += elements (t, &a);
      else
        shared += elements (t, &a);
    }
  m->parameters = shared + routed;
  if (experts <= 0)
    return label (m->ctx, shared);
  const char *text = label (m->ctx, shared + routed / experts);
  return text ? fmtconv_ctx_printf (m->ctx, "%.0fx%s", experts, text) : NULL;
}
