/* plugins/common/lora-pattern.c: matches modules against keys of peft's rank_pattern and alpha_pattern.
 * SPDX-License-Identifier: Apache-2.0
 *
 * peft matches the whole name in the model, or its end after a dot, with the regular expression (.*\.)?(KEY)$
 * (src/peft/utils/other.py: get_pattern_key).  Supported expressions: names, '\.', '.*' and a leading '^'. */
#include "config.h"

#include "plugins/common/lora-facts.h"
#include <string.h>

/* Returns the expression as a glob, or NULL if it is not supported, or after an error. */
static const char *
glob_of (fmtconv_ctx *ctx, const char *pattern)
{
  char *glob = fmtconv_ctx_alloc (ctx, strlen (pattern) + 1, 1), *to = glob;
  for (const char *s = pattern; glob && *s; s++)
    if (s[0] == '\\' && s[1] == '.')
      *to++ = *++s;
    else if (s[0] == '.' && s[1] == '*')
      *to++ = *++s;
    else if (strchr ("\\^$*+?{}[]|()", *s))
      return NULL;
    else
      *to++ = *s;
  return glob;
}

int
lora_pattern_matches (fmtconv_ctx *ctx, const char *where, const char *pattern, const char *module)
{
  const int from_start = *pattern == '^';
  const char *separator, *name = lora_name_in_model (module, true, &separator);
  const char *glob = glob_of (ctx, pattern + from_start);
  if (!glob)
    {
      fmtconv_fail_at (ctx, FMTCONV_E_UNSUPPORTED,
                       &(fmtconv_where){ .hint = "list the module names instead" },
                       "%s uses a regular expression that is not supported: '%s'", where, pattern);
      return -1;
    }
  if (from_start)
    return fmtconv_glob_match (glob, name);
  for (const char *end = name; end; end = strchr (end, '.') ? strchr (end, '.') + 1 : NULL)
    if (fmtconv_glob_match (glob, end))
      return 1;
  return 0;
}
