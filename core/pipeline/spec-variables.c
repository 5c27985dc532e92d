/* core/pipeline/spec-variables.c: the variables of a spec: declared, given on the command line, missing.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/text.h"
#include "core/pipeline/spec.h"
#include <string.h>

enum
{
  MOST_VARIABLES = 64
};

/* NAME: {default: …, optional: yes, help: …} */
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
                          "'%s' has a default, so it always has a value: 'optional' has no use", v->name);
  v->help = help ? help->text : NULL;
  return 0;
}

static int
declare (const fci_pipeline *p, fci_variable *v)
{
  const fci_yaml *node = v->node;
  if (!fci_spec_name_ok (v->name))
    return fci_spec_fail (p, node->key_at,
                          "'%s' is no variable's name: at most 64 letters, digits, '_' and '-'", v->name);
  if (!strcmp (v->name, "input") || !strcmp (v->name, "output"))
    return fci_spec_fail (p, node->key_at, "'%s' is the %s of the command line, and not to be declared",
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
  p->variables = fmtconv_alloc (p->ctx, FCI_V_FIRST + (list ? list->n : 0), sizeof *p->variables);
  if (!p->variables || (list && fci_spec_kind (p, list, FCI_YAML_MAP, "'variables'")))
    return p->ctx->failed;
  if (list && list->n > MOST_VARIABLES)
    return fci_spec_fail (p, list->at, "more than %d variables", (int) MOST_VARIABLES);
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

static int
unknown (const fci_pipeline *p, const char *name)
{
  size_t n = p->n_variables - FCI_V_FIRST;
  const char **names = fmtconv_alloc (p->ctx, n + 1, sizeof *names);
  for (size_t i = 0; names && i < n; i++)
    {
      const fci_variable *v = &p->variables[FCI_V_FIRST + i];
      names[i] = v->name;
      fmtconv_detail (p->ctx, "-D %s=VALUE%s%s", v->name, v->help ? "  " : "", v->help ? v->help : "");
    }
  const char *near = names ? fci_nearest (name, names, n) : NULL;
  if (near)
    return fci_fail_file (p->ctx, FMTCONV_E_USAGE, p->path, NULL,
                          "there is no variable '%s': did you mean '%s'?  There are these:", name, near);
  return fci_fail_file (p->ctx, FMTCONV_E_USAGE, p->path, NULL, "there is no variable '%s'%s", name,
                        n ? "; there are these:" : ", nor any other");
}

static int
give (const fci_pipeline *p, const fmtconv_variable *given)
{
  if (!given->name || !given->value)
    return fmtconv_fail (p->ctx, FMTCONV_E_USAGE, "a variable has a name and a value");
  for (size_t i = FCI_V_FIRST; i < p->n_variables; i++)
    {
      fci_variable *v = &p->variables[i];
      if (strcmp (v->name, given->name))
        continue;
      if (v->typed)
        return fmtconv_fail (p->ctx, FMTCONV_E_USAGE, "-D %s is given twice", v->name);
      v->value = fci_strdup (p->ctx, given->value);
      v->typed = true;
      return p->ctx->failed;
    }
  return unknown (p, given->name);
}

/* All that is missing at once, as it is to be typed. */
static int
check_missing (const fci_pipeline *p)
{
  size_t missing = 0;
  for (size_t i = FCI_V_FIRST; i < p->n_variables; i++)
    {
      const fci_variable *v = &p->variables[i];
      if (v->value || v->otherwise || v->optional)
        continue;
      fmtconv_detail (p->ctx, "-D %s=VALUE%s%s", v->name, v->help ? "  " : "", v->help ? v->help : "");
      missing++;
    }
  for (size_t i = 0; i < FCI_V_FIRST; i++)
    if (p->variables[i].used && !p->variables[i].value)
      {
        fmtconv_detail (p->ctx, "%s", i == FCI_V_INPUT ? "INPUT" : "OUTPUT");
        missing++;
      }
  if (!missing)
    return 0;
  return fci_fail_file (p->ctx, FMTCONV_E_USAGE, p->path, NULL, "the spec needs more; add to the command:");
}

/* What was typed and would change nothing is a mistake. */
static int
check_useless (const fci_pipeline *p)
{
  for (size_t i = 0; i < FCI_V_FIRST; i++)
    if (p->variables[i].value && !p->variables[i].used)
      return fci_fail_file (p->ctx, FMTCONV_E_USAGE, p->path, NULL,
                            "%s '%s' is given, and the spec has no ${%s}: it names its own",
                            i == FCI_V_INPUT ? "INPUT" : "OUTPUT", p->variables[i].value,
                            p->variables[i].name);
  return 0;
}

/* Everything but the declarations themselves may use variables; a default only those above it. */
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

int
fci_variables_check (fci_pipeline *p)
{
  if (check_uses (p))
    return p->ctx->failed;
  for (size_t i = FCI_V_FIRST; i < p->n_variables; i++)
    if (!p->variables[i].used)
      return fci_spec_fail (p, p->variables[i].node->key_at, "the variable '%s' is never used",
                            p->variables[i].name);
  return 0;
}

/* The defaults of those that were not given. */
static int
give_defaults (fci_pipeline *p)
{
  for (size_t i = FCI_V_FIRST; i < p->n_variables; i++)
    {
      fci_variable *v = &p->variables[i];
      if (v->value || !v->otherwise)
        continue;
      fci_expanded otherwise = fci_expand (p, v->otherwise);
      v->value = otherwise.text;
      v->typed = otherwise.typed;
    }
  return p->ctx->failed;
}

int
fci_variables_give (fci_pipeline *p, const fmtconv_variable *given, size_t n, const char *input,
                    const char *output)
{
  bool only_output = input && !output && !p->variables[FCI_V_INPUT].used && p->variables[FCI_V_OUTPUT].used;
  const char *const paths[] = { only_output ? NULL : input, only_output ? input : output };
  for (size_t i = 0; i < FCI_V_FIRST; i++)
    {
      p->variables[i].value = paths[i] ? fci_strdup (p->ctx, paths[i]) : NULL;
      p->variables[i].typed = true;
    }
  for (size_t i = 0; i < n; i++)
    if (give (p, &given[i]))
      return p->ctx->failed;
  if (check_useless (p) || check_missing (p))
    return p->ctx->failed;
  return give_defaults (p);
}

void
fci_variables_tell (const fci_pipeline *p)
{
  for (size_t i = FCI_V_FIRST; i < p->n_variables; i++)
    {
      const fci_variable *v = &p->variables[i];
      if (v->left_out)
        fmtconv_note (p->ctx, "without %s: -D %s=VALUE adds what is missing%s%s%s", v->left_out, v->name,
                      v->help ? " (" : "", v->help ? v->help : "", v->help ? ")" : "");
    }
}
