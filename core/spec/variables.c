/* core/spec/variables.c: the variables of a spec: declared, set, missing.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/text.h"
#include "core/spec/expand.h"
#include "core/spec/schema.h"
#include "core/spec/variables.h"
#include <string.h>

enum
{
  MAX_VARIABLES = 64
};

/* Declares a variable: NAME: {default: …, optional: yes, help: …}. */
static int
declare_by_map (const fci_pipeline *p, fci_variable *v)
{
  static const char *const keys[] = { "default", "optional", "help" };
  if (fci_spec_keys (p, v->node, "a variable", keys, sizeof keys / sizeof *keys))
    return p->ctx->failed;
  const fci_yaml *help = fci_yaml_find (v->node, "help"), *optional = fci_yaml_find (v->node, "optional");
  v->otherwise = fci_yaml_find (v->node, "default");
  if ((help && fci_spec_kind (p, help, FCI_YAML_TEXT, "'help'"))
      || (v->otherwise && fci_spec_kind (p, v->otherwise, FCI_YAML_TEXT, "'default'"))
      || (optional && fci_spec_bool (p, optional, &v->optional)))
    return p->ctx->failed;
  if (v->optional && v->otherwise)
    return fci_spec_fail (p, optional->key_at,
                          "'%s' has a default, so 'optional' has no effect: remove one of them", v->name);
  v->help = help ? help->text : NULL;
  return 0;
}

static int
declare (const fci_pipeline *p, fci_variable *v)
{
  const fci_yaml *node = v->node;
  if (!fci_spec_name_ok (v->name))
    return fci_spec_fail (p, node->key_at,
                          "'%s' is not a valid variable name: use at most 64 letters, digits, '_' and '-'",
                          v->name);
  if (!strcmp (v->name, "input") || !strcmp (v->name, "output"))
    return fci_spec_fail (p, node->key_at, "'%s' is the %s of the command line and cannot be declared",
                          v->name, strcmp (v->name, "input") ? "OUTPUT" : "INPUT");
  if (node->kind == FCI_YAML_MAP)
    return declare_by_map (p, v);
  if (node->kind == FCI_YAML_LIST)
    return fci_spec_kind (p, node, FCI_YAML_TEXT, "the default of a variable");
  v->otherwise = node->kind == FCI_YAML_TEXT ? node : NULL;
  return 0;
}

int
fci_variables_declare (fci_pipeline *p)
{
  const fci_yaml *list = fci_yaml_find (p->root, "variables");
  p->variables = fmtconv_ctx_alloc (p->ctx, FCI_V_FIRST + (list ? list->n : 0), sizeof *p->variables);
  if (!p->variables || (list && fci_spec_kind (p, list, FCI_YAML_MAP, "'variables'")))
    return p->ctx->failed;
  if (list && list->n > MAX_VARIABLES)
    return fci_spec_fail (p, list->at, "more than %d variables", (int) MAX_VARIABLES);
  p->variables[FCI_V_INPUT].name = "input";
  p->variables[FCI_V_OUTPUT].name = "output";
  p->n_variables = FCI_V_FIRST;
  for (const fci_yaml *node = list ? list->first : NULL; node; node = node->next)
    {
      fci_variable *v = &p->variables[p->n_variables++];
      v->name = node->key;
      v->node = node;
      if (declare (p, v))
        return p->ctx->failed;
    }
  return 0;
}

const char *
fci_variable_option (const fci_pipeline *p, const fci_variable *v)
{
  if (v->node || p->is_input)
    return fmtconv_ctx_printf (p->ctx, "%s%s=VALUE", p->is_input ? "spec:" : "-D ", v->name);
  return strcmp (v->name, "input") ? "OUTPUT" : "INPUT";
}

static void
list (const fci_pipeline *p, const fci_variable *v)
{
  fmtconv_detail (p->ctx, "%s%s%s", fci_variable_option (p, v), v->help ? "  " : "", v->help ? v->help : "");
}

static int
unknown (const fci_pipeline *p, const char *name)
{
  size_t n = 0;
  const char **names = fmtconv_ctx_alloc (p->ctx, p->n_variables + 1, sizeof *names);
  for (size_t i = p->is_input ? FCI_V_INPUT : FCI_V_FIRST; names && i < p->n_variables; i++)
    {
      const fci_variable *v = &p->variables[i];
      if (p->is_input && !v->used)
        continue;
      names[n++] = v->name;
      list (p, v);
    }
  const char *suggestion = names ? fci_spell_nearest (name, names, n) : NULL;
  if (suggestion)
    return fci_fail_file (p->ctx, FMTCONV_E_USAGE, p->path, NULL,
                          "there is no variable '%s': did you mean '%s'?  Available variables:", name,
                          suggestion);
  return fci_fail_file (p->ctx, FMTCONV_E_USAGE, p->path, NULL, "there is no variable '%s'%s", name,
                        n ? "; available variables:" : "; the spec has no variables");
}

int
fci_variables_give (fci_pipeline *p, const char *name, const char *value, const char *base, fci_owner owner)
{
  if (!name || !value)
    return fmtconv_fail (p->ctx, FMTCONV_E_USAGE, "a variable needs a name and a value");
  for (size_t i = FCI_V_FIRST; i < p->n_variables; i++)
    {
      fci_variable *v = &p->variables[i];
      if (strcmp (v->name, name))
        continue;
      if (v->value)
        return fmtconv_fail (p->ctx, FMTCONV_E_USAGE, "-D %s is given twice", v->name);
      v->value = fci_strdup (p->ctx, value);
      v->base = base;
      v->owner = owner;
      return p->ctx->failed;
    }
  return unknown (p, name);
}

void
fci_variables_give_path (fci_pipeline *p, size_t which, const char *value, const char *base, fci_owner owner)
{
  p->variables[which].value = value ? fci_strdup (p->ctx, value) : NULL;
  p->variables[which].base = base;
  p->variables[which].owner = owner;
}

/* Fails if variables have no value. Lists all of them, as the user types them. */
static int
check_missing (const fci_pipeline *p)
{
  size_t missing = 0;
  for (size_t i = 0; i < p->n_variables; i++)
    {
      const fci_variable *v =
          &p->variables[(i + FCI_V_FIRST) % p->n_variables]; /* the paths last, as on the command line */
      if (!v->used || v->value || v->otherwise || v->optional)
        continue;
      list (p, v);
      missing++;
    }
  if (!missing)
    return 0;
  return fci_fail_file (p->ctx, FMTCONV_E_USAGE, p->path, NULL,
                        "values are missing; add to the %s:", p->is_input ? "reader" : "command");
}

/* Fails if a given variable has no effect. */
static int
check_useless (const fci_pipeline *p)
{
  for (size_t i = 0; p->is_input && i < p->n_variables; i++)
    if (p->variables[i].value && !p->variables[i].used)
      return fci_fail_file (p->ctx, FMTCONV_E_USAGE, p->path, NULL,
                            "'%s' has no effect: a spec that is an input writes nothing",
                            p->variables[i].name);
  for (size_t i = 0; i < FCI_V_FIRST; i++)
    if (p->variables[i].value && !p->variables[i].used)
      return fci_fail_file (
          p->ctx, FMTCONV_E_USAGE, p->path, NULL, "%s '%s' has no effect: the spec does not use ${%s}",
          i == FCI_V_INPUT ? "INPUT" : "OUTPUT", p->variables[i].value, p->variables[i].name);
  return 0;
}

/* Checks all uses of variables. A default may use only variables that are declared before it. */
static int
check_uses (fci_pipeline *p)
{
  p->n_known = p->n_variables;
  for (const fci_yaml *node = p->root->first; node; node = node->next)
    if (strcmp (node->key, "variables") && fci_expand_check (p, node))
      return p->ctx->failed;
  p->n_known = 0;
  for (size_t i = 0; i < p->n_variables; p->n_known = ++i)
    if (p->variables[i].otherwise && fci_expand_check (p, p->variables[i].otherwise))
      return p->ctx->failed;
  return 0;
}

/* Marks the variables that are needed outside 'write', and those that their defaults need. */
static int
mark_needed (fci_pipeline *p)
{
  for (size_t i = 0; i < p->n_variables; i++)
    p->variables[i].used = false;
  p->n_known = p->n_variables;
  for (const fci_yaml *node = p->root->first; node; node = node->next)
    if (strcmp (node->key, "variables") && strcmp (node->key, "write") && fci_expand_check (p, node))
      return p->ctx->failed;
  for (size_t i = p->n_variables; i-- > 0;)
    if (p->variables[i].used && p->variables[i].otherwise && fci_expand_check (p, p->variables[i].otherwise))
      return p->ctx->failed;
  return 0;
}

int
fci_variables_check (fci_pipeline *p)
{
  if (check_uses (p))
    return p->ctx->failed;
  for (size_t i = FCI_V_FIRST; i < p->n_variables; i++)
    if (!p->variables[i].used)
      return fci_spec_fail (p, p->variables[i].node->key_at, "the variable '%s' is never used",
                            p->variables[i].name);
  return p->is_input ? mark_needed (p) : 0;
}

/* Sets variables that are not given to their defaults. */
static int
give_defaults (fci_pipeline *p)
{
  for (size_t i = FCI_V_FIRST; i < p->n_variables; i++)
    {
      fci_variable *v = &p->variables[i];
      if (v->value || !v->otherwise || !v->used)
        continue;
      fci_expanded otherwise = fci_expand (p, v->otherwise);
      v->value = otherwise.text;
      v->base = otherwise.base;
      v->owner = otherwise.owner;
    }
  return p->ctx->failed;
}

int
fci_variables_resolve (fci_pipeline *p)
{
  if (check_useless (p) || check_missing (p))
    return p->ctx->failed;
  return give_defaults (p);
}

void
fci_variables_note_absent (fci_pipeline *p)
{
  for (size_t i = FCI_V_FIRST; i < p->n_variables; i++)
    {
      fci_variable *v = &p->variables[i];
      if (v->left_out)
        fmtconv_note (p->ctx, "left out %s; add %s%s%s%s", v->left_out, fci_variable_option (p, v),
                      v->help ? " (" : "", v->help ? v->help : "", v->help ? ")" : "");
      v->left_out = NULL;
    }
}
