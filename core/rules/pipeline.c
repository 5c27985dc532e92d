/* core/rules/pipeline.c: tables with components: one file becomes a pipeline, and the pipeline one file.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Each component is converted by separate rules, which see the names after its prefix alone.  The rules of the table
 * itself drop tensors that are of no component, and its attributes describe the pipeline and the components. */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/subject.h"
#include "core/model/description.h"
#include "core/model/model.h"
#include "core/model/new.h"
#include "core/model/skeleton.h"
#include "core/rules/rules.h"
#include <string.h>

/* Returns the rules of the table itself. */
static fmtconv_rules
own_rules (const fmtconv_rules *rules)
{
  fmtconv_rules own = *rules;
  own.components = NULL;
  return own;
}

/* Returns the rules of a component, for names with its prefix. */
static fmtconv_rules
rules_of (const fmtconv_rules_component *part)
{
  fmtconv_rules rules = *part->rules;
  rules.prefix = part->prefix;
  rules.is_part = 1;
  return rules;
}

/* Returns whether a tensor of the model has the prefix of the component. */
static bool
has_tensors (const fmtconv_model *model, const fmtconv_rules_component *part)
{
  const size_t n = strlen (part->prefix);
  const fci_skeletons *like = fci_model_skeletons_with_prefix (model, part->prefix);
  for (size_t i = 0; like && i < like->n; i++)
    if (!strncmp (like->text[i], part->prefix, n))
      return true;
  if (like)
    return false;
  FMTCONV_FOREACH (t, model)
    if (!strncmp (t->name, part->prefix, n))
      return true;
  return false;
}

/* ---- Forward */

/* Gives a component what the table says of it. */
static void
describe (fmtconv_ctx *ctx, const fmtconv_rules_component *part, fmtconv_attr *all, fmtconv_model *component)
{
  fmtconv_attr *said = fmtconv_attr_get (all, part->name), *attrs = fmtconv_model_attrs (component);
  const char *note = fmtconv_attr_get_string (said, "note", NULL);
  if (note)
    fmtconv_note (ctx, "%s: %s", part->name, note);
  fmtconv_attr_unset (said, "note");
  if (said)
    fmtconv_attr_overlay (attrs, said);
}

/* Makes a component of the tensors with its prefix; leaves it empty if there are none, and need not be. */
static void
make (fmtconv_ctx *ctx, const fmtconv_rules_component *part, const fmtconv_model *in,
      fmtconv_model *component)
{
  const fmtconv_rules rules = rules_of (part);
  if (!has_tensors (in, part))
    {
      if (part->has_files)
        return; /* the user may give a folder */
      if (part->flags & FMTCONV_RULE_OPTIONAL)
        fmtconv_note (ctx,
                      "the input has no '%s' (no tensor begins with %s): the pipeline is written without it",
                      part->name, part->prefix);
      else
        fmtconv_fail_at (ctx, FMTCONV_E_MISSING,
                         &(fmtconv_where){ .hint = "check that the input is complete, and of this kind" },
                         "the input has no '%s': no tensor begins with %s", part->name, part->prefix);
      return;
    }
  fci_subject subject;
  fci_subject_push_file (ctx, &subject, part->name);
  fci_rules_run (&rules, in, component, false);
  fci_subject_pop (ctx, &subject);
}

/* Takes files off the output, which a pipeline has in its components alone. */
static void
leave_files (fmtconv_ctx *ctx, const fmtconv_model *in)
{
  const fmtconv_blob *blob = NULL;
  size_t n = 0;
  for (; (blob = fmtconv_model_next_blob (in, blob)); n++)
    fmtconv_detail (ctx, "%s", blob->name);
  if (n)
    fmtconv_note (ctx, "left out %zu file%s of the input, which are of no component:", n, n == 1 ? "" : "s");
}

static void
apply_all (const fmtconv_rules *rules, const fmtconv_model *in, fmtconv_model *out)
{
  fmtconv_ctx *ctx = fci_model_ctx (in);
  const fmtconv_rules own = own_rules (rules);
  if (fmtconv_model_next_component (in, NULL))
    {
      fmtconv_fail_at (ctx, FMTCONV_E_USAGE,
                       &(fmtconv_where){ .hint = "convert it to one file with ':reverse'" },
                       "the input is a pipeline already");
      return;
    }
  leave_files (ctx, in);
  fci_model_forget_contents (out);
  fci_rules_run (&own, in, out, false);
  fmtconv_attr *attrs = fmtconv_model_attrs (out), *all = fmtconv_attr_get (attrs, "components");
  for (const fmtconv_rules_component *part = rules->components; part->name && !ctx->failed; part++)
    {
      fmtconv_model *component = fmtconv_model_component (out, part->name);
      if (component && part->rules)
        make (ctx, part, in, component);
      if (component && !ctx->failed && (!part->rules || part->has_files || fmtconv_model_count (component)))
        describe (ctx, part, all, component);
    }
  fmtconv_attr_unset (attrs, "components");
}

/* ---- Reverse */

static const fmtconv_rules_component *
part_named (const fmtconv_rules *rules, const char *name)
{
  const fmtconv_rules_component *part = rules->components;
  while (part->name && strcmp (part->name, name))
    part++;
  return part->name ? part : NULL;
}

/* Fails for a component with tensors that the file has no place for.  Notes components without tensors that it has no place
 * for. */
static int
check_components (fmtconv_ctx *ctx, const fmtconv_rules *rules, const fmtconv_model *in)
{
  size_t left = 0;
  for (const fmtconv_model *c = NULL; (c = fmtconv_model_next_component (in, c));)
    {
      const char *name = fmtconv_model_name (c);
      const fmtconv_rules_component *part = part_named (rules, name);
      if (fmtconv_model_count (c) && (!part || !part->rules))
        return fmtconv_fail_at (
            ctx, FMTCONV_E_UNSUPPORTED,
            &(fmtconv_where){ .hint = "remove it from model_index.json to convert the others" },
            "the file has no place for the component '%s'", name);
      const bool is_empty = !fmtconv_model_count (c) && !fmtconv_model_next_blob (c, NULL)
                            && !fmtconv_attr_get (fmtconv_model_attrs (c), "config");
      if (fmtconv_model_count (c) || is_empty)
        continue;
      fmtconv_detail (ctx, "%s", name);
      left++;
    }
  return left ? fmtconv_note (ctx, "left out %zu component%s that the file has no place for:", left,
                              left == 1 ? "" : "s")
              : ctx->failed;
}

/* Adds the tensors of a component, under the names that they have in the file. */
static void
unmake (fmtconv_ctx *ctx, const fmtconv_rules_component *part, const fmtconv_model *in, fmtconv_model *out)
{
  const fmtconv_rules rules = rules_of (part);
  const fmtconv_model *component = fci_model_find_component (in, part->name);
  if (component && fmtconv_model_count (component))
    {
      fci_subject subject;
      fci_subject_push_file (ctx, &subject, part->name);
      fci_rules_run (&rules, component, out, true);
      fci_subject_pop (ctx, &subject);
    }
  else if (!(part->flags & FMTCONV_RULE_OPTIONAL))
    fmtconv_fail (ctx, FMTCONV_E_MISSING, "the pipeline has no component '%s'", part->name);
  else
    fmtconv_note (ctx, "the pipeline has no '%s': the file is written without it", part->name);
}

/* Lists the entries that a component would have after converting the file again, where it has others now. */
static size_t
list_changed (fmtconv_ctx *ctx, const char *name, fmtconv_attr *now, fmtconv_attr *then)
{
  size_t n = 0;
  for (const fmtconv_attr *entry = then ? then->first : NULL; entry; entry = entry->next)
    {
      fmtconv_attr *own = *entry->key != '_' ? fmtconv_attr_get (now, entry->key) : NULL;
      const char *a = own ? fmtconv_attr_json_text (own, 0) : NULL,
                 *b = own ? fmtconv_attr_json_text ((fmtconv_attr *) entry, 0) : NULL;
      if (!a || !b || !strcmp (a, b))
        continue;
      fmtconv_detail (ctx, "%s: %s is %s, and %s when the file is converted again", name, entry->key, a, b);
      n++;
    }
  return n;
}

/* Warns of settings of components without tensors that the file does not keep. */
static void
warn_of_settings (fmtconv_ctx *ctx, const fmtconv_rules *rules, const fmtconv_model *in,
                  const fmtconv_model *out)
{
  const fmtconv_rules own = own_rules (rules);
  fmtconv_attr *all = fmtconv_attr_get (fci_rules_attributes (&own, out), "components");
  size_t n = 0;
  for (const fmtconv_rules_component *part = rules->components; all && part->name; part++)
    {
      const fmtconv_model *component = part->rules ? NULL : fci_model_find_component (in, part->name);
      fmtconv_attr *now = component ? fmtconv_attr_get (fmtconv_model_attrs (component), "config") : NULL;
      if (now)
        n += list_changed (ctx, part->name, now,
                           fmtconv_attr_get (fmtconv_attr_get (all, part->name), "config"));
    }
  if (n)
    fmtconv_warn (ctx, "the file does not keep %zu setting%s:", n, n == 1 ? "" : "s");
}

static void
reverse_all (const fmtconv_rules *rules, const fmtconv_model *in, fmtconv_model *out)
{
  fmtconv_ctx *ctx = fci_model_ctx (in);
  if (!fmtconv_model_next_component (in, NULL))
    {
      fmtconv_fail_at (ctx, FMTCONV_E_USAGE,
                       &(fmtconv_where){ .hint = "give the folder with model_index.json" },
                       "the input is one model, not the folder of a pipeline");
      return;
    }
  if (check_components (ctx, rules, in))
    return;
  fci_model_forget_contents (out);
  for (const fmtconv_rules_component *part = rules->components; part->name && !ctx->failed; part++)
    if (part->rules)
      unmake (ctx, part, in, out);
  fci_model_forget_description (out);
  if (!ctx->failed)
    warn_of_settings (ctx, rules, in, out);
}

/* ---- Recognition */

/* Adds what the rules of a component found. */
static void
add (fci_recognition *sum, const fci_recognition *found)
{
  sum->claimed += found->claimed;
  sum->bytes = found->bytes > UINT64_MAX - sum->bytes ? UINT64_MAX : sum->bytes + found->bytes;
  sum->missing += found->missing;
  sum->unknown += found->unknown;
  sum->first = sum->first ? sum->first : found->first;
}

/* Adds the tensors of a component, which is recognized.  Returns false if memory ran out. */
static bool
add_tensors (const fmtconv_model *model, bool **takes, const fci_recognition *found)
{
  const size_t n = found->takes ? fmtconv_model_count (model) : 0;
  if (n && !*takes)
    *takes = fmtconv_ctx_alloc (fci_model_ctx (model), n, sizeof **takes);
  for (size_t i = 0; *takes && i < n; i++)
    (*takes)[i] = (*takes)[i] || found->takes[i];
  return !n || *takes;
}

static int
recognize_all (const fmtconv_rules *rules, const fmtconv_model *model, fci_recognition *out)
{
  const fmtconv_rules own = own_rules (rules);
  fci_recognition found, sum = { 0 };
  bool *takes = NULL;
  size_t components = 0;
  *out = (fci_recognition){ 0 };
  if (fmtconv_model_next_component (model, NULL))
    return 0;
  int code = fci_rules_recognize_one (&own, model, false, &found);
  if (code || !found.fits)
    return code;
  add (&sum, &found);
  if (!add_tensors (model, &takes, &found))
    return FMTCONV_E_NOMEM;
  for (const fmtconv_rules_component *part = rules->components; part->name; part++)
    {
      if (!part->rules || (!has_tensors (model, part) && (part->flags & FMTCONV_RULE_OPTIONAL)))
        continue;
      const fmtconv_rules its = rules_of (part);
      code = fci_rules_recognize_one (&its, model, false, &found);
      if (code || !found.claimed)
        return code;
      add (&sum, &found);
      if (!add_tensors (model, &takes, &found))
        return FMTCONV_E_NOMEM;
      components++;
    }
  sum.fits = true;
  sum.takes = takes;
  if (components > 1)
    *out = sum;
  return 0;
}

static int
recognize_components (const fmtconv_rules *rules, const fmtconv_model *model, fci_recognition *out)
{
  fci_recognition found, sum = { 0 };
  size_t components = 0;
  *out = (fci_recognition){ 0 };
  for (const fmtconv_rules_component *part = rules->components; part->name; part++)
    {
      const fmtconv_model *component = part->rules ? fci_model_find_component (model, part->name) : NULL;
      const bool is_there = component && fmtconv_model_count (component);
      if (!is_there && (!part->rules || (part->flags & FMTCONV_RULE_OPTIONAL)))
        continue;
      const fmtconv_rules its = rules_of (part);
      int code = is_there ? fci_rules_recognize_one (&its, component, true, &found) : 0;
      if (code || !is_there || !found.claimed)
        return code;
      add (&sum, &found);
      components++;
    }
  sum.fits = true;
  if (components > 1)
    *out = sum;
  return 0;
}

/* ---- Tables with components, and others */

void
fmtconv_rules_apply (const fmtconv_rules *rules, const fmtconv_model *in, fmtconv_model *out)
{
  if (rules && in && out && rules->components)
    apply_all (rules, in, out);
  else
    fci_rules_run (rules, in, out, false);
}

void
fmtconv_rules_reverse (const fmtconv_rules *rules, const fmtconv_model *in, fmtconv_model *out)
{
  if (rules && in && out && rules->components)
    reverse_all (rules, in, out);
  else
    fci_rules_run (rules, in, out, true);
}

int
fci_rules_recognize (const fmtconv_rules *rules, const fmtconv_model *model, fci_recognition *out)
{
  return rules->components ? recognize_all (rules, model, out)
                           : fci_rules_recognize_one (rules, model, false, out);
}

int
fci_rules_recognize_reverse (const fmtconv_rules *rules, const fmtconv_model *model, fci_recognition *out)
{
  return rules->components ? recognize_components (rules, model, out)
                           : fci_rules_recognize_one (rules, model, true, out);
}
