/* plugins/merge/weights.c: parses and checks the weights of sums.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "merge.h"
#include <math.h>
#include <string.h>

/* Parses a number, for a message about `what`.  Returns 0 or a code. */
static int
parse_number (const struct merge *m, const char *what, const char *text, double *value)
{
  const char *why;
  fmtconv_attr *number = fmtconv_attr_parse_json (m->ctx, text, &why);
  *value = number ? fmtconv_attr_get_float (number, NULL, NAN) : NAN;
  if (isfinite ((float) *value))
    return fmtconv_ctx_failed (m->ctx);
  return fmtconv_fail (m->ctx, FMTCONV_E_USAGE, "merge: %s: '%s' is not a number such as 0.5", what, text);
}

/* Checks that a weight is a fraction of the way, with slerp. */
static int
check_range (const struct merge *m, const char *what, double weight)
{
  if (m->method != MERGE_SLERP || (weight >= 0 && weight <= 1))
    return 0;
  return fmtconv_fail (m->ctx, FMTCONV_E_USAGE,
                       "merge: %s: %g is not between 0, the input, and 1, the file, as slerp requires", what,
                       weight);
}

/* Parses "GLOB=W", or with several files "GLOB=W:W". */
static int
parse_rule (const struct merge *m, const char *text, struct merge_rule *rule)
{
  const char *what = fmtconv_ctx_printf (m->ctx, "rule=%s", text), *equals = strrchr (text, '=');
  if (!equals || equals == text)
    return fmtconv_fail (m->ctx, FMTCONV_E_USAGE, "merge: rule=%s is not GLOB=WEIGHT", text);
  rule->glob = fmtconv_ctx_printf (m->ctx, "%.*s", (int) (equals - text), text);
  const char *at = equals + 1;
  for (size_t i = 0; i < m->n; i++)
    {
      const size_t len = strcspn (at, ":");
      const char *word = fmtconv_ctx_printf (m->ctx, "%.*s", (int) len, at);
      if (!word || parse_number (m, what, word, &rule->weight[i]) || check_range (m, what, rule->weight[i]))
        return fmtconv_ctx_failed (m->ctx);
      at += len;
      if ((*at == ':') != (i + 1 < m->n))
        return fmtconv_fail (m->ctx, FMTCONV_E_USAGE,
                             m->n == 1
                                 ? "merge: %s: a rule has one weight for %zu file"
                                 : "merge: %s: a rule has one weight for each of the %zu files: GLOB=W:W",
                             what, m->n);
      at += *at == ':';
    }
  return 0;
}

/* Fails if a glob matches no tensor: it may be mistyped. */
static int
check_globs (const struct merge *m)
{
  const fmtconv_pairs *given = &m->params->rule;
  const char **globs = fmtconv_ctx_alloc (m->ctx, given->n, sizeof *globs);
  if (!given->n || !globs)
    return fmtconv_ctx_failed (m->ctx);
  for (size_t i = 0; i < given->n; i++)
    globs[i] = m->rules[i].glob;
  return fmtconv_globs_check (&(fmtconv_pairs){ .n = given->n, .key = given->key, .value = globs }, m->in,
                              "merge:rule=GLOB=WEIGHT");
}

static int
read_rules (struct merge *m)
{
  const fmtconv_pairs *given = &m->params->rule;
  m->rules = fmtconv_ctx_alloc (m->ctx, given->n, sizeof *m->rules);
  for (size_t i = 0; m->rules && i < given->n; i++)
    if (parse_rule (m, given->value[i], &m->rules[i]))
      return fmtconv_ctx_failed (m->ctx);
  return check_globs (m);
}

/* Reads one weight for each file; a difference has the weight 1 by default. */
static int
read_weights (struct merge *m)
{
  const fmtconv_pairs *given = &m->params->weight;
  const int optional = m->method == MERGE_ADD_DIFFERENCE && given->n == 0;
  if (given->n != m->n && !optional)
    return fmtconv_fail_at (
        m->ctx, FMTCONV_E_USAGE, &(fmtconv_where){ .hint = "merge:file=A,weight=0.3,file=B,weight=0.2" },
        "merge: files and weights do not match: %zu and %zu; each file needs its weight", m->n, given->n);
  for (size_t i = 0; i < m->n; i++)
    {
      m->weight[i] = 1;
      const char *what = optional ? "" : fmtconv_ctx_printf (m->ctx, "weight=%s", given->value[i]);
      if (!optional
          && (parse_number (m, what, given->value[i], &m->weight[i]) || check_range (m, what, m->weight[i])))
        return fmtconv_ctx_failed (m->ctx);
    }
  return 0;
}

/* Checks that a sum can be divided by the total of its weights: if they cancel out, only rounding errors are left. */
static int
check_total (const struct merge *m, const char *of, const double *weights)
{
  const float total = merge_total (m, weights);
  if (isfinite (total) && fabsf (total) >= 1e-6F)
    return 0;
  return fmtconv_fail (m->ctx, FMTCONV_E_USAGE, "merge: the weights%s sum to %g and cannot be normalized", of,
                       (double) total);
}

/* Checks that the weights of a linear sum are 1 together, or that the user said what to do. */
static int
check_sum (const struct merge *m, const char *of, const double *weights)
{
  double sum = merge_base_weight (m, weights);
  for (size_t i = 0; i < m->n; i++)
    sum += weights[i];
  if (m->params->normalize > 0)
    return check_total (m, of, weights);
  if (m->method != MERGE_LINEAR || m->params->normalize == 0 || fabs (sum - 1) < 1e-6)
    return 0;
  return fmtconv_fail_at (
      m->ctx, FMTCONV_E_USAGE,
      &(fmtconv_where){ .hint =
                            "normalize=yes divides by the sum; normalize=no uses the weights as they are" },
      "merge: the weights%s sum to %g, not to 1", of, sum);
}

/* Fails for a parameter that the method does not have. */
static int
check_params (const struct merge *m)
{
  const struct merge_params *p = m->params;
  const char *wrong = NULL;
  if (m->method != MERGE_LINEAR && !isnan (p->base_weight))
    wrong = "base-weight= applies to linear only";
  else if (m->method != MERGE_LINEAR && p->normalize >= 0)
    wrong = "normalize= applies to linear only";
  else if (m->method != MERGE_ADD_DIFFERENCE && p->minus)
    wrong = "minus= applies to add-difference only";
  else if (m->method == MERGE_ADD_DIFFERENCE && !p->minus)
    wrong = "add-difference needs the checkpoint to subtract: minus=FILE";
  else if (m->method == MERGE_SLERP && m->n != 1)
    wrong = "slerp takes one file";
  else if (!isnan (p->base_weight) && !isfinite ((float) p->base_weight))
    wrong = "base-weight= does not fit in a 32-bit float";
  return wrong ? fmtconv_fail (m->ctx, FMTCONV_E_USAGE, "merge: %s", wrong) : 0;
}

int
merge_read_weights (struct merge *m)
{
  if (check_params (m) || read_weights (m) || read_rules (m) || check_sum (m, "", m->weight))
    return fmtconv_ctx_failed (m->ctx);
  for (size_t i = 0; i < m->params->rule.n; i++)
    {
      const char *of = fmtconv_ctx_printf (m->ctx, " of rule=%s", m->params->rule.value[i]);
      if (!of || check_sum (m, of, m->rules[i].weight))
        return fmtconv_ctx_failed (m->ctx);
    }
  return 0;
}

const double *
merge_weights_of (const struct merge *m, const fmtconv_tensor *t)
{
  for (size_t i = 0; i < m->params->rule.n; i++)
    if (fmtconv_glob_match (m->rules[i].glob, t->name))
      return m->rules[i].weight;
  return m->weight;
}

double
merge_base_weight (const struct merge *m, const double *weights)
{
  double rest = 1;
  if (m->method != MERGE_LINEAR)
    return 1;
  if (!isnan (m->params->base_weight))
    return m->params->base_weight;
  for (size_t i = 0; i < m->n; i++)
    rest -= weights[i];
  return rest;
}

float
merge_total (const struct merge *m, const double *weights)
{
  float total = (float) merge_base_weight (m, weights);
  for (size_t i = 0; i < m->n; i++)
    total += (float) weights[i];
  return total;
}
