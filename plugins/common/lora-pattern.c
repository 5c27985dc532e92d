/* plugins/common/lora-pattern.c: matches modules against keys of peft's rank_pattern and alpha_pattern.
 * SPDX-License-Identifier: Apache-2.0
 *
 * peft matches the whole name in the model, or its end after a dot, with the regular expression (.*\.)?(KEY)$ and takes
 * the first key that matches (src/peft/utils/other.py: get_pattern_key).  Supported expressions: names, '\.', '.*' and a
 * leading '^'.  Keys that are names are sorted, so that thousands of them cost thousands of modules little. */
#include "config.h"

#include "plugins/common/lora-facts.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A key, translated. */
struct pattern
{
  const char *glob;   /* NULL: the expression is not supported */
  bool is_whole;      /* only the whole name matches: '^' */
  fmtconv_attr *node; /* whose value is that of the modules that match */
  size_t order;
};

enum
{
  MOST_TRIES =
      1 << 24 /* of names and expressions: a model has some thousands of names, a config some expressions */
};

/* The keys of one field. */
struct lora_patterns
{
  size_t tries; /* of a name and an expression; MOST_TRIES + 1: they ended the search */
  const fmtconv_attr *field;
  const char *where;     /* the field, for messages */
  struct pattern *names; /* sorted */
  struct pattern *globs; /* those with '*', and those that are not supported, in their order */
  size_t n_names;
  size_t n_globs;
  struct lora_patterns *next;
};

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

/* Orders keys by name, then those for ends first, then as the file does. */
static int
by_name (const void *left, const void *right)
{
  const struct pattern *a = left, *b = right;
  const int r = strcmp (a->glob, b->glob);
  if (r || a->is_whole != b->is_whole)
    return r ? r : a->is_whole - b->is_whole;
  return (a->order > b->order) - (a->order < b->order);
}

static void
translate (fmtconv_ctx *ctx, fmtconv_attr *field, struct lora_patterns *out)
{
  size_t order = 0;
  for (fmtconv_attr *node = field->first; node; node = node->next)
    {
      const bool is_whole = *node->key == '^';
      const struct pattern p = {
        .glob = glob_of (ctx, node->key + is_whole), .is_whole = is_whole, .node = node, .order = order++
      };
      if (p.glob && !strchr (p.glob, '*'))
        out->names[out->n_names++] = p;
      else
        out->globs[out->n_globs++] = p;
    }
  if (out->n_names)
    qsort (out->names, out->n_names, sizeof *out->names, by_name);
}

int
lora_patterns_read (struct lora_facts *f, fmtconv_attr *field)
{
  struct lora_patterns *p = fmtconv_ctx_alloc (f->ctx, 1, sizeof *p);
  if (!p)
    return fmtconv_ctx_failed (f->ctx);
  *p = (struct lora_patterns){ .field = field,
                               .where = fmtconv_ctx_printf (f->ctx, "'%s' of %s", field->key, f->peft_at),
                               .names = fmtconv_ctx_alloc (f->ctx, field->len + 1, sizeof *p->names),
                               .globs = fmtconv_ctx_alloc (f->ctx, field->len + 1, sizeof *p->globs),
                               .next = f->patterns };
  if (p->names && p->globs)
    translate (f->ctx, field, p);
  f->patterns = p;
  return fmtconv_ctx_failed (f->ctx);
}

/* Returns the first key in the file's order that is this name, or NULL. */
static const struct pattern *
find_name (const struct lora_patterns *p, const char *name, bool is_whole)
{
  const struct pattern wanted = { .glob = name, .is_whole = is_whole };
  size_t a = 0, b = p->n_names;
  while (a < b)
    {
      const size_t middle = a + (b - a) / 2;
      if (by_name (&p->names[middle], &wanted) < 0)
        a = middle + 1;
      else
        b = middle;
    }
  const struct pattern *found = a < p->n_names ? &p->names[a] : NULL;
  return found && found->is_whole == is_whole && strcmp (found->glob, name) == 0 ? found : NULL;
}

/* Returns the end of a name after its first dot, or NULL. */
static const char *
next_end (const char *name)
{
  const char *dot = strchr (name, '.');
  return dot ? dot + 1 : NULL;
}

static bool
glob_matches (const struct pattern *p, const char *name)
{
  for (const char *end = name; end; end = p->is_whole ? NULL : next_end (end))
    if (fmtconv_glob_match (p->glob, end))
      return true;
  return false;
}

/* Returns the first key that matches or is not supported, or NULL. */
static const struct pattern *
find (struct lora_patterns *p, const char *name)
{
  const struct pattern *found = find_name (p, name, true);
  for (const char *end = name; end; end = next_end (end))
    {
      const struct pattern *one = find_name (p, end, false);
      found = one && (!found || one->order < found->order) ? one : found;
    }
  for (size_t i = 0; i < p->n_globs && (!found || p->globs[i].order < found->order); i++)
    if (p->tries++ == MOST_TRIES || !p->globs[i].glob || glob_matches (&p->globs[i], name))
      return &p->globs[i];
  return found;
}

double
lora_patterns_number (const struct lora_facts *f, const fmtconv_attr *field, const char *module,
                      bool *matches)
{
  struct lora_patterns *p = f->patterns;
  const char *separator, *name = lora_name_in_model (module, true, &separator);
  while (p && p->field != field)
    p = p->next;
  const struct pattern *found = p ? find (p, name) : NULL;
  *matches = found != NULL;
  if (p && p->tries > MOST_TRIES)
    fmtconv_fail_at (f->ctx, FMTCONV_E_LIMIT, &(fmtconv_where){ .hint = "list the module names instead" },
                     "%s has too many regular expressions for so many modules", p->where);
  if (!found)
    return NAN;
  if (found->glob)
    return lora_number (f, p->where, found->node, found->node->key);
  fmtconv_fail_at (f->ctx, FMTCONV_E_UNSUPPORTED, &(fmtconv_where){ .hint = "list the module names instead" },
                   "%s uses a regular expression that is not supported: '%s'", p->where, found->node->key);
  return NAN;
}
