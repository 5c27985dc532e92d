/* core/plugin/params-check.c: checks a plugin's table of parameters.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/plugin/params-check.h"
#include "core/plugin/params.h"
#include "core/plugin/values.h"
#include <string.h>

/* Returns the defect of an entry, or NULL. */
static const char *
fault (const fmtconv_param *param)
{
  size_t size = fci_value_size (param->type), len = strlen (param->key);
  bool pairs = param->type == FMTCONV_PARAM_PAIRS, any = !strcmp (param->key, "*");
  if (!size)
    return "its type is unknown";
  if (param->offset > FCI_PARAMS_SIZE - size)
    return "its offset exceeds 4096 bytes";
  if (len >= 2 && !strcmp (param->key + len - 2, ".*") && (!pairs || len == 2))
    return "a key that ends with .* has a prefix and the type PARAM_PAIRS";
  if (any && (!pairs || param[1].key))
    return "the key * is the last and has the type PARAM_PAIRS";
  if (fci_param_repeats (param) && param->otherwise)
    return "PARAM_PAIRS and PARAM_INPUTS cannot have a default";
  if (param->type == FMTCONV_PARAM_CHOICE && (!param->otherwise || !*param->otherwise))
    return "its choices are missing";
  return NULL;
}

int
fci_params_check (fmtconv_ctx *ctx, const char *role, const fmtconv_param *params)
{
  const char *owner = fmtconv_ctx_printf (ctx, "default of a parameter of its %s", role);
  for (const fmtconv_param *param = params; param && param->key; param++)
    {
      const char *what = fault (param);
      for (const fmtconv_param *other = params; !what && other < param; other++)
        what = strcmp (other->key, param->key) ? NULL : "it is declared twice";
      if (what)
        return fmtconv_fail (ctx, FMTCONV_E_INTERNAL, "its %s's parameter '%s' is malformed: %s", role,
                             param->key, what);
    }
  return owner && fci_params_parse (ctx, owner, params, "") ? 0 : fmtconv_ctx_failed (ctx);
}

const char *
fci_main_reason (fmtconv_ctx *ctx, const fmtconv_param *params, const char *main)
{
  const char *word = strchr (main, '='), *key = fci_main_key (ctx, main);
  const fmtconv_param *param = key ? fci_params_find (params, key) : NULL;
  if (!word || !word[1])
    return "it is not KEY=WORD";
  if (!param || param->type == FMTCONV_PARAM_BOOL)
    return "its key is not that of a parameter with values";
  return NULL;
}
