/* plugins/rename/rename.c: the transform that renames tensors by regular expressions.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <fmtconv/plugin.h>
#include <pcre2.h>
#include <string.h>

struct params
{
  fmtconv_pairs steps;
};

static const fmtconv_param params[] = {
  { "from|to", FMTCONV_PARAM_PAIRS, offsetof (struct params, steps), NULL,
    "a Perl-compatible regular expression and the replacement of its match ($1 …); pairs may be repeated" },
  { 0 },
};

enum
{
  MAX_STEPS = 64,
  MAX_NAME = 4096,        /* bytes */
  MAX_MATCHING = 1000000, /* steps of one match; more indicate exponential time */
  MAX_HEAP = 1 << 14      /* KiB */
};

/* A replacement. */
struct step
{
  const char *from;
  const char *to;
  pcre2_code *code;
  size_t used; /* number of names that it changed */
};

/* All replacements, in order, and the limits of matching; freed by close_steps. */
struct steps
{
  fmtconv_ctx *ctx;
  struct step step[MAX_STEPS];
  size_t n;
  pcre2_match_context *limits;
};

static void
close_steps (struct steps *s)
{
  for (size_t i = 0; i < s->n; i++)
    pcre2_code_free (s->step[i].code);
  pcre2_match_context_free (s->limits);
}

static int
compile (struct steps *s, struct step *step)
{
  int error;
  size_t at;
  PCRE2_UCHAR text[256] = "";
  step->code = pcre2_compile ((PCRE2_SPTR) step->from, PCRE2_ZERO_TERMINATED,
                              PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C, &error, &at, NULL);
  if (step->code)
    return 0;
  if (error == PCRE2_ERROR_HEAP_FAILED)
    return fmtconv_fail (s->ctx, FMTCONV_E_NOMEM, "from=%s: out of memory", step->from);
  pcre2_get_error_message (error, text, sizeof text);
  return fmtconv_fail (s->ctx, FMTCONV_E_USAGE, "from=%s: at character %zu: %s", step->from, at,
                       (const char *) text);
}

/* Compiles the pairs of from= and to=. */
static int
open_steps (struct steps *s, const fmtconv_pairs *pairs)
{
  if (!pairs->n || pairs->n % 2 || pairs->n > 2 * MAX_STEPS)
    return fmtconv_fail (s->ctx, FMTCONV_E_USAGE,
                         "expected pairs of from= and to=, 1 to %d of them: rename:from=REGEX,to=TEXT",
                         MAX_STEPS);
  s->limits = pcre2_match_context_create (NULL);
  if (!s->limits)
    return fmtconv_fail (s->ctx, FMTCONV_E_NOMEM, "out of memory");
  pcre2_set_match_limit (s->limits, MAX_MATCHING);
  pcre2_set_heap_limit (s->limits, MAX_HEAP);
  for (size_t i = 0; i < pairs->n; i += 2)
    {
      if (strcmp (pairs->key[i], "from") || strcmp (pairs->key[i + 1], "to"))
        return fmtconv_fail (s->ctx, FMTCONV_E_USAGE,
                             "each from= must be followed by its to=, not by '%s=%s'", pairs->key[i + 1],
                             pairs->value[i + 1]);
      struct step *step = &s->step[s->n];
      *step = (struct step){ .from = pairs->value[i], .to = pairs->value[i + 1] };
      if (compile (s, step))
        return fmtconv_ctx_failed (s->ctx);
      s->n++;
    }
  return 0;
}

/* Returns the name after one replacement, or NULL after an error. */
static const char *
replace (struct steps *s, struct step *step, const char *name)
{
  char result[MAX_NAME + 1];
  PCRE2_UCHAR text[256] = "";
  size_t size = sizeof result;
  int n = pcre2_substitute (step->code, (PCRE2_SPTR) name, PCRE2_ZERO_TERMINATED, 0,
                            PCRE2_SUBSTITUTE_EXTENDED | PCRE2_SUBSTITUTE_OVERFLOW_LENGTH, NULL, s->limits,
                            (PCRE2_SPTR) step->to, PCRE2_ZERO_TERMINATED, (PCRE2_UCHAR *) result, &size);
  if (n == 0)
    return name;
  step->used += n > 0;
  if (n > 0)
    return fmtconv_ctx_printf (s->ctx, "%s", result);
  const fmtconv_where where = { .tensor = name };
  /* A result that is too long gives its length with the same code. */
  if (n == PCRE2_ERROR_NOMEMORY && size == PCRE2_UNSET)
    {
      fmtconv_fail_at (s->ctx, FMTCONV_E_NOMEM, &where, "out of memory");
      return NULL;
    }
  pcre2_get_error_message (n, text, sizeof text);
  fmtconv_fail_at (s->ctx, FMTCONV_E_USAGE, &where, "from=%s,to=%s: %s", step->from, step->to,
                   (const char *) text);
  return NULL;
}

static const char *
renamed (struct steps *s, const char *name)
{
  for (size_t i = 0; name && i < s->n; i++)
    name = replace (s, &s->step[i], name);
  return name;
}

/* Fails if an expression matched no name: it was mistyped. */
static int
check_used (const struct steps *s)
{
  size_t idle = 0;
  for (size_t i = 0; i < s->n; i++)
    if (!s->step[i].used && ++idle)
      fmtconv_detail (s->ctx, "from=%s", s->step[i].from);
  if (!idle)
    return 0;
  return fmtconv_fail (s->ctx, FMTCONV_E_USAGE, "%zu of %zu expressions match no name:", idle, s->n);
}

static int
apply (fmtconv_ctx *ctx, const void *params_, const fmtconv_model *in, fmtconv_model *out)
{
  const struct params *p = params_;
  struct steps steps = { .ctx = ctx };
  if (open_steps (&steps, &p->steps) == 0)
    {
      FMTCONV_FOREACH (t, in)
        fmtconv_model_put (out, renamed (&steps, t->name), t->view);
      if (!fmtconv_ctx_failed (ctx))
        check_used (&steps);
    }
  close_steps (&steps);
  return fmtconv_ctx_failed (ctx);
}

FMTCONV_PLUGIN (rename, .name = "rename", .summary = "renames tensors by regular expressions",
                .transform = FMTCONV_TRANSFORM (.params = params,
                                                .understands = FMTCONV_FEATURE_TIED | FMTCONV_FEATURE_SCALED,
                                                .apply = apply));
