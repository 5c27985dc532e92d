/* core/spec/bounds.c: which paths the text of a spec may name.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/error.h"
#include "core/base/message.h"
#include "core/base/text.h"
#include "core/source/leads-out.h"
#include "core/spec/bounds.h"
#include "core/spec/schema.h"
#include <string.h>

/* How far a path was followed, by its text alone. */
typedef struct bounds
{
  bool is_typed; /* the user typed where it starts or that it leads out of the folder of the spec */
  size_t typed;  /* length of the part that the user typed; what follows must stay in it */
  size_t depth;  /* components below that part, or below the folder of the spec */
  bool is_out;   /* the spec leads out of it with ".." */
} bounds;

static bool
is_by_user (fci_owner owner, size_t at, size_t n)
{
  return owner.each ? !memchr (owner.each + at, FCI_BY_SPEC, n) : !owner.is_spec;
}

/* Takes the component text[at, end). */
static void
take (bounds *b, const fci_expanded *path, size_t at, size_t end)
{
  const char *name = path->text + at;
  const size_t n = end - at;
  const bool by_user = is_by_user (path->owner, at, n), is_up = n == 2 && memcmp (name, "..", 2) == 0;
  if (n == 0 || (n == 1 && *name == '.'))
    return;
  if (by_user && (b->is_typed || (is_up && b->depth == 0)))
    {
      b->is_typed = true;
      b->typed = end;
      b->depth = 0;
    }
  else if (!is_up)
    b->depth++;
  else if (b->depth > 0)
    b->depth--;
  else
    b->is_out = true;
}

static bounds
find_bounds (const fci_expanded *path)
{
  bounds b = { .is_typed = is_by_user (path->owner, 0, 1) };
  if (*path->text == '/' && !b.is_typed) /* it may lead back into the folder */
    return b;
  b.typed = b.is_typed && *path->text == '/';
  for (size_t at = 0; path->text[at] && !b.is_out; at += strspn (path->text + at, "/"))
    {
      const size_t end = at + strcspn (path->text + at, "/");
      take (&b, path, at, end);
      at = end;
    }
  return b;
}

int
fci_bounds_check (const fci_pipeline *p, const fci_yaml *node, const fci_expanded *path)
{
  const bounds b = find_bounds (path);
  const char *rest = path->text + b.typed;
  if (p->ctx->options.flags & FMTCONV_ALLOW_PATHS || (b.is_typed && !*rest))
    return 0;
  rest += b.is_typed ? strspn (rest, "/") : 0;
  const char *typed = fci_strndup (p->ctx, path->text, b.typed);
  const char *folder =
      *path->text == '/' && b.is_typed ? typed : fmtconv_ctx_printf (p->ctx, "%s%s", path->base, typed);
  if (p->ctx->failed)
    return p->ctx->failed;
  const int out = b.is_out ? 1 : fci_path_leads_out (folder, rest);
  if (out < 0)
    return fci_fail_io (p->ctx, path->text, "cannot be followed");
  if (out == 0)
    return 0;
  return fci_spec_fail (
      p, node->at,
      "'%s' leads out of the folder %s: pass the path as the value of a variable (-D NAME=PATH), "
      "or add --allow-paths if you trust the spec",
      path->text, *folder ? folder : ".");
}
