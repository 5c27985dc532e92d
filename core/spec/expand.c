/* core/spec/expand.c: replaces ${name} in the texts of a spec, and resolves relative paths.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/presence.h"
#include "core/base/strbuf.h"
#include "core/base/text.h"
#include "core/spec/bounds.h"
#include "core/spec/expand.h"
#include "core/spec/schema.h"
#include <string.h>
#include <sys/stat.h>

enum
{
  MAX_BYTES = 8 * 1024 * 1024 /* limit of expanded text in the whole spec */
};

/* A part of a text: plain bytes or a variable. */
typedef struct piece
{
  const char *text; /* plain: n bytes */
  size_t n;
  fci_variable *variable; /* NULL: it is plain */
} piece;

static int
unknown (const fci_pipeline *p, const fci_yaml *node, const char *name)
{
  const char **names = fmtconv_ctx_alloc (p->ctx, p->n_variables, sizeof *names);
  for (size_t i = 0; names && i < p->n_known; i++)
    names[i] = p->variables[i].name;
  const char *suggestion = names ? fci_spell_nearest (name, names, p->n_known) : NULL;
  for (size_t i = p->n_known; i < p->n_variables; i++)
    if (!strcmp (p->variables[i].name, name))
      return fci_spec_fail (p, node->at,
                            "a default can use only variables that are declared before it, not '%s'", name);
  if (suggestion)
    return fci_spec_fail (p, node->at, "there is no variable '%s': did you mean '%s'?", name, suggestion);
  return fci_spec_fail (p, node->at, "there is no variable '%s': declare it under 'variables'", name);
}

/* Parses "${name}" at `at`. Returns its end, or NULL on error. */
static const char *
take_variable (const fci_pipeline *p, const fci_yaml *node, const char *at, fci_variable **out)
{
  size_t n = strcspn (at + 2, "}");
  const char *name = fci_strndup (p->ctx, at + 2, n);
  if (name && (!at[2 + n] || !fci_spec_name_ok (name)))
    fci_spec_fail (p, node->at, "'%s' is not a valid ${NAME}: for a literal ${ write $${", at);
  for (size_t i = 0; !p->ctx->failed && i < p->n_known; i++)
    if (!strcmp (p->variables[i].name, name))
      {
        *out = &p->variables[i];
        return at + n + 3;
      }
  if (!p->ctx->failed)
    unknown (p, node, name);
  return NULL;
}

/* Parses the piece at `at`. Returns its end, or NULL on error. */
static const char *
take_piece (const fci_pipeline *p, const fci_yaml *node, const char *at, piece *out)
{
  *out = (piece){ .text = at };
  if (!strncmp (at, "${", 2))
    return take_variable (p, node, at, &out->variable);
  if (!strncmp (at, "$${", 3))
    {
      out->text = at + 1;
      out->n = 2;
      return at + 3;
    }
  do
    out->n++;
  while (at[out->n] && strncmp (at + out->n, "${", 2) && strncmp (at + out->n, "$${", 3));
  return at + out->n;
}

int
fci_expand_check (fci_pipeline *p, const fci_yaml *node)
{
  for (const fci_yaml *item = node->first; item; item = item->next)
    if (fci_expand_check (p, item))
      return p->ctx->failed;
  for (const char *at = node->kind == FCI_YAML_TEXT ? node->text : ""; *at;)
    {
      piece found;
      at = take_piece (p, node, at, &found);
      if (!at)
        return p->ctx->failed;
      if (found.variable)
        found.variable->used = true;
    }
  return 0;
}

static void
fill (fci_strbuf *each, size_t n, bool is_spec)
{
  for (; n > 0; n--)
    fci_strbuf_add_bytes (each, &(char){ is_spec ? FCI_BY_SPEC : FCI_BY_USER }, 1);
}

/* Appends who wrote n bytes to *all or, once a text is of both, to `each`.  before: the length of the text so far. */
static void
add_owner (fci_strbuf *each, fci_owner *all, size_t before, fci_owner own, size_t n)
{
  if (n == 0)
    return;
  if (before == 0)
    *all = own;
  if (!own.each && !each->len && own.is_spec == all->is_spec)
    return;
  fill (each, before - each->len, all->is_spec);
  if (own.each)
    fci_strbuf_add_bytes (each, own.each, n);
  else
    fill (each, n, own.is_spec);
}

fci_expanded
fci_expand (fci_pipeline *p, const fci_yaml *node)
{
  fci_expanded out = { .base = p->folder };
  fci_strbuf text = { .ctx = p->ctx }, each = { .ctx = p->ctx };
  for (const char *at = node->text; at && *at && !p->ctx->failed;)
    {
      piece found;
      bool first = at == node->text;
      at = take_piece (p, node, at, &found);
      const fci_variable *v = at ? found.variable : NULL;
      size_t n = v && v->value ? strlen (v->value) : found.n;
      if (v && !v->value)
        return (fci_expanded){ .absent = found.variable };
      if (at && (p->expanded += n) > MAX_BYTES)
        fci_spec_fail (p, node->at, "the values of the variables exceed 8 MiB of text");
      if (v && first)
        out.base = v->base;
      add_owner (&each, &out.owner, text.len, v ? v->owner : (fci_owner){ .is_spec = true }, n);
      fci_strbuf_add_bytes (&text, v ? v->value : found.text, n);
    }
  out.owner.each = each.len ? fci_strbuf_text (&each) : NULL;
  out.text = p->ctx->failed ? NULL : fci_strbuf_text (&text);
  return out;
}

static fci_expanded
expand_one (fci_pipeline *p, const fci_yaml *node)
{
  fci_expanded out = { 0 };
  if (fci_spec_kind (p, node, FCI_YAML_TEXT, "a path"))
    return out;
  out = fci_expand (p, node);
  if (out.text && !*out.text)
    {
      fci_spec_fail (p, node->at, "the path is empty");
      out.text = NULL;
    }
  if (out.text && fci_bounds_check (p, node, &out))
    out.text = NULL;
  if (out.text && *out.text != '/')
    out.text = fmtconv_ctx_printf (p->ctx, "%s%s", out.base, out.text);
  return out;
}

/* Reports that no path of a list exists, listing the expanded paths. Paths with an unset variable are not
 * listed. */
static fci_expanded
none_message (fci_pipeline *p, const fci_yaml *list)
{
  fci_expanded out = { 0 };
  size_t n = 0;
  for (const fci_yaml *item = list->first; item && !p->ctx->failed; item = item->next)
    {
      fci_expanded one = expand_one (p, item);
      if (one.text)
        fmtconv_detail (p->ctx, "%s", one.text);
      n += one.text != NULL;
      out.absent = one.absent ? one.absent : out.absent;
    }
  if (n || !list->n)
    fci_spec_fail (p, list->at, n ? "none of these paths exists:" : "the list of paths is empty");
  return out;
}

fci_expanded
fci_expand_path (fci_pipeline *p, const fci_yaml *node)
{
  struct stat st;
  if (node->kind != FCI_YAML_LIST)
    return expand_one (p, node);
  fci_expanded found = { 0 };
  for (const fci_yaml *item = node->first; item && !p->ctx->failed; item = item->next)
    {
      fci_expanded out = expand_one (p, item); /* each is checked, so that the order does not hide an error */
      if (out.text && !found.text && fci_path_exists (p->ctx, out.text, &st))
        found = out;
    }
  return found.text ? found : none_message (p, node);
}
