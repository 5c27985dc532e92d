/* core/convert/rename.c: finds the model whose rules name given weights, and names them anew.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/plugin/registry.h"
#include "core/rules/rename.h"
#include <string.h>

/* What is wanted. */
typedef struct wanted
{
  fmtconv_ctx *ctx;
  const char *side; /* name; "": the first; NULL: the other one */
  size_t n;
  const fmtconv_weight *weights;
} wanted;

/* Returns the name of the first or second side of rules. */
static const char *
side_name (fmtconv_ctx *ctx, const fmtconv_rules *rules, bool is_second)
{
  const char *bar = strchr (rules->sides, '|');
  return is_second ? bar + 1 : fmtconv_ctx_printf (ctx, "%.*s", (int) (bar - rules->sides), rules->sides);
}

/* Returns whether weights with names of the first side (is_reverse: the second) may get names of the other side, or
 * with keep stay on their side. */
static bool
is_wanted (const wanted *w, const fmtconv_rules *rules, bool is_reverse, bool keep)
{
  if (!w->side)
    return !keep;
  const bool to_second = is_reverse == keep;
  const char *name = *w->side ? side_name (w->ctx, rules, to_second) : NULL;
  return *w->side ? name && strcmp (name, w->side) == 0 : !to_second;
}

static bool
equal_rows (const fmtconv_new_weight *a, const fmtconv_new_weight *b)
{
  if (strcmp (a->name, b->name) != 0 || a->n != b->n)
    return false;
  for (size_t i = 0; i < (a->n ? a->n : 1); i++)
    if (a->rows[i].weight != b->rows[i].weight || a->rows[i].start != b->rows[i].start
        || a->rows[i].count != b->rows[i].count)
      return false;
  return true;
}

/* Returns whether the new names, and what they are made of, are the same in the same order. */
static bool
is_equal (const fmtconv_renaming *a, const fci_renamed *b)
{
  bool same = a->n == b->n;
  for (size_t i = 0; same && i < a->n; i++)
    same = equal_rows (&a->weight[i], &b->weight[i]);
  return same;
}

/* Returns the names of models that give different names; of one that does so in both directions, with its sides. */
static const char *
conflict (const wanted *w, const fmtconv_renaming *first, const char *model, const char *from, const char *to)
{
  return strcmp (first->model, model) != 0
             ? fmtconv_ctx_printf (w->ctx, "%s and %s", first->models, model)
             : fmtconv_ctx_printf (w->ctx, "%s (from %s to %s, or from %s to %s)", model, first->from,
                                   first->to, from, to);
}

/* Tries the rules in one direction, and adds what they give to *out.  *agrees: they give the names that are there already. */
static int
try_rules (const wanted *w, const char *model, const fmtconv_rules *rules, bool is_reverse, bool keep,
           fmtconv_renaming *out, bool *agrees)
{
  fci_renamed found;
  if (!is_wanted (w, rules, is_reverse, keep))
    return w->ctx->failed;
  if (fci_rules_rename (w->ctx, rules, w->weights, w->n, is_reverse, keep, true, &found))
    return w->ctx->failed;
  if (found.lost || found.wrong || out->several)
    return 0;
  if (out->model && is_equal (out, &found))
    {
      out->from = keep ? out->to : out->from; /* the names are the wanted ones already */
      *agrees = true;
      return 0;
    }
  const char *from = side_name (w->ctx, rules, is_reverse),
             *to = side_name (w->ctx, rules, is_reverse == keep);
  if (!from || !to)
    return w->ctx->failed;
  if (out->model)
    {
      *out = (fmtconv_renaming){ .several = conflict (w, out, model, from, to) };
      return w->ctx->failed;
    }
  *out = (fmtconv_renaming){
    .model = model, .from = from, .to = to, .n = found.n, .weight = found.weight, .models = model
  };
  return 0;
}

/* Tries the rules in all directions that are wanted. */
static int
try_model (const wanted *w, const char *model, const fmtconv_rules *rules, fmtconv_renaming *out)
{
  bool agrees = false;
  for (int i = 0; i < 4; i++)
    if (try_rules (w, model, rules, i & 1, i & 2, out, &agrees))
      return w->ctx->failed;
  if (agrees && out->model && strcmp (out->model, model) != 0)
    out->models = fmtconv_ctx_printf (w->ctx, "%s, %s", out->models, model);
  return w->ctx->failed;
}

/* Fails as the named model's rules do not take the weights: says why in the direction that takes most. */
static int
fail_unfit (const wanted *w, const char *model, const fmtconv_rules *rules)
{
  int best = -1;
  size_t least = 0;
  fci_renamed found;
  for (int i = 0; i < 4; i++)
    if (is_wanted (w, rules, i & 1, i & 2))
      {
        if (fci_rules_rename (w->ctx, rules, w->weights, w->n, i & 1, i & 2, true, &found))
          return w->ctx->failed;
        if (best < 0 || found.lost < least)
          {
            best = i;
            least = found.lost;
          }
      }
  if (best < 0)
    return fmtconv_fail (w->ctx, FMTCONV_E_USAGE, "the model '%s' has no side '%s'; it has %s", model,
                         w->side, rules->sides);
  if (fci_rules_rename (w->ctx, rules, w->weights, w->n, best & 1, best & 2, false, &found))
    return w->ctx->failed;
  return fmtconv_fail_at (w->ctx, least ? FMTCONV_E_FORMAT : FMTCONV_E_UNSUPPORTED,
                          &(fmtconv_where){ .hint = "check that this is the right model" },
                          least ? "the rules of '%s' do not take all of %zu weights:"
                                : "the rules of '%s' do not fit %zu weights:",
                          model, w->n);
}

static int
rename_named (const wanted *w, const char *model, fmtconv_renaming *out)
{
  const fmtconv_plugin *plugin = fci_plugin_find (w->ctx, model, FCI_TRANSFORM);
  const fmtconv_rules *rules = plugin ? plugin->transform->rules : NULL;
  if (!plugin)
    return w->ctx->failed;
  if (!rules || !rules->sides)
    return fmtconv_fail (w->ctx, FMTCONV_E_USAGE, "'%s' is not a model: 'fmtconv models' lists these", model);
  if (try_model (w, plugin->name, rules, out))
    return w->ctx->failed;
  if (out->several)
    return fmtconv_fail (w->ctx, FMTCONV_E_UNSUPPORTED, "the names can be those of either side: %s",
                         out->several);
  return out->model ? 0 : fail_unfit (w, plugin->name, rules);
}

/* Returns the architecture in the attributes of rules.  NULL: they have none. */
static const char *
architecture_of (fmtconv_ctx *ctx, const fmtconv_rules *rules)
{
  const char *why = NULL;
  fmtconv_attr *all = rules->attributes ? fmtconv_attr_parse_json (ctx, rules->attributes, &why) : NULL;
  return all ? fmtconv_attr_get_string (all, "architecture", NULL) : NULL;
}

/* Takes what the rules of a model file give for a configuration.  What was found before must be the same. */
static int
take_configured (const wanted *w, const char *model, const fmtconv_rules *rules, const fci_renamed *found,
                 fmtconv_renaming *out)
{
  if (out->model)
    {
      out->several = fmtconv_ctx_printf (w->ctx, "%s and %s", out->model, model);
      return w->ctx->failed;
    }
  *out = (fmtconv_renaming){ .model = model,
                             .from = side_name (w->ctx, rules, false),
                             .to = w->side,
                             .n = found->n,
                             .weight = found->weight,
                             .models = model,
                             .architecture = architecture_of (w->ctx, rules) };
  return w->ctx->failed;
}

/* Fails as the rules of the model of the configuration do not take the weights, and lists these. */
static int
fail_configured (const wanted *w, const char *model, const fmtconv_rules *rules, fmtconv_attr *config)
{
  fci_renamed found;
  if (fci_rules_rename_by_config (w->ctx, rules, config, w->weights, w->n, false, &found))
    return w->ctx->failed;
  return fmtconv_fail_at (
      w->ctx, found.lost ? FMTCONV_E_FORMAT : FMTCONV_E_UNSUPPORTED,
      &(fmtconv_where){ .hint = "check that this is the configuration of the right model" },
      found.lost ? "the rules of '%s', the model of the configuration, do not take %zu of "
                   "%zu weights:"
                 : "the rules of '%s', the model of the configuration, do not fit the weights:",
      model, found.lost, w->n);
}

/* Checks what a plugin gives, whose shapes are copied. */
static int
check_weights (const wanted *w)
{
  for (size_t i = 0; i < w->n; i++)
    if (!w->weights[i].name || w->weights[i].rank > FMTCONV_MAX_RANK
        || (w->weights[i].rank && !w->weights[i].shape))
      return fmtconv_fail (w->ctx, FMTCONV_E_USAGE, "weight %zu to rename has no name, or no valid shape", i);
  return w->ctx->failed;
}

/* Returns whether a transform says whose names its rules have. */
static bool
has_sides (const fmtconv_plugin *plugin)
{
  return fci_plugin_has (plugin, FCI_TRANSFORM) && plugin->transform->rules
         && plugin->transform->rules->sides;
}

int
fmtconv_rules_rename (fmtconv_ctx *ctx, const char *model, const char *side, size_t n,
                      const fmtconv_weight *weights, fmtconv_renaming *out)
{
  const wanted w = { .ctx = ctx, .side = side, .n = n, .weights = weights };
  size_t n_modules;
  *out = (fmtconv_renaming){ 0 };
  if (ctx->failed || check_weights (&w) || !n)
    return ctx->failed;
  if (model)
    return rename_named (&w, model, out);
  fci_module *modules = fci_modules (ctx, &n_modules);
  for (size_t i = 0; modules && i < n_modules && !ctx->failed; i++)
    {
      const fmtconv_plugin *plugin =
          has_sides (fci_module_described (ctx, &modules[i])) ? fci_module_load (ctx, &modules[i]) : NULL;
      if (has_sides (plugin) && try_model (&w, plugin->name, plugin->transform->rules, out))
        return ctx->failed;
    }
  return ctx->failed;
}

int
fmtconv_rules_rename_by_config (fmtconv_ctx *ctx, fmtconv_attr *config, const char *side, size_t n,
                                const fmtconv_weight *weights, fmtconv_renaming *out)
{
  const wanted w = { .ctx = ctx, .side = side, .n = n, .weights = weights };
  size_t n_modules;
  *out = (fmtconv_renaming){ 0 };
  if (ctx->failed || check_weights (&w))
    return ctx->failed;
  fci_module *modules = fci_modules (ctx, &n_modules);
  for (size_t i = 0; modules && i < n_modules && !ctx->failed; i++)
    {
      const fmtconv_plugin *plugin =
          has_sides (fci_module_described (ctx, &modules[i])) ? fci_module_load (ctx, &modules[i]) : NULL;
      const fmtconv_rules *rules = has_sides (plugin) ? plugin->transform->rules : NULL;
      fci_renamed found;
      if (!rules || strcmp (strchr (rules->sides, '|') + 1, side) != 0
          || fci_rules_rename_by_config (ctx, rules, config, weights, n, true, &found) || found.is_other)
        continue;
      if (found.lost || found.wrong ? fail_configured (&w, plugin->name, rules, config)
                                    : take_configured (&w, plugin->name, rules, &found, out))
        return ctx->failed;
    }
  return ctx->failed;
}
