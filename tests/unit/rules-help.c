/* tests/unit/rules-help.c: models written in one line, and results of rules as text.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/model/freeze.h"
#include "core/model/new.h"
#include "core/source/disk.h"
#include "core/source/source.h"
#include "core/view/text.h"
#include "tests/unit/rules-help.h"
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void
keep_message (void *arg, const fmtconv_message *message)
{
  world *w = arg;
  if (message->level != FMTCONV_MSG_ERROR)
    return;
  size_t n = (size_t) snprintf (w->said, sizeof w->said, "%s", message->what);
  for (size_t i = 0; i < message->n_details && n < sizeof w->said; i++)
    n += (size_t) snprintf (w->said + n, sizeof w->said - n, "\n%s", message->details[i]);
  w->code = message->code;
}

world *
world_new (void)
{
  world *w = calloc (1, sizeof *w);
  cr_assert (w);
  w->ctx = fmtconv_ctx_new (
      &(fmtconv_options){ .struct_size = sizeof (fmtconv_options), .message = keep_message, .arg = w });
  int fd = memfd_create ("tensors", MFD_CLOEXEC);
  cr_assert (w->ctx && fd >= 0);
  cr_assert_eq (ftruncate (fd, (off_t) 1 << 46), 0);
  w->source = fci_source_fd (w->ctx, fd, "tensors");
  cr_assert (w->source);
  return w;
}

void
world_free (world *w)
{
  fmtconv_ctx_free (w->ctx);
  free (w);
}

void
put_leaf (world *w, fmtconv_model *model, const char *name, unsigned rank, const uint64_t *shape)
{
  uint64_t bytes = 2;
  for (unsigned i = 0; i < rank; i++)
    bytes *= shape[i];
  fmtconv_model_put (model, name, fmtconv_view_leaf (w->source, w->at, FMTCONV_F16, rank, shape, NULL));
  w->at += bytes;
}

fmtconv_model *
model_of (world *w, const char *tensors)
{
  fmtconv_model *model = fci_model_new (w->ctx, NULL);
  for (const char *s = tensors + strspn (tensors, " "); *s; s += strspn (s, " "))
    {
      uint64_t shape[FMTCONV_MAX_RANK];
      unsigned rank = 0;
      size_t n = strcspn (s, " "), name = strcspn (s, ":");
      char *copy = strndup (s, name < n ? name : n);
      for (const char *d = s + name; name < n && d < s + n && d[1] && d[1] != ' ';
           d += 1 + strcspn (d + 1, ", "))
        shape[rank++] = strtoull (d + 1, NULL, 10);
      put_leaf (w, model, copy, rank, shape);
      free (copy);
      s += n;
    }
  cr_assert_eq (fci_model_freeze (model, "test"), 0);
  return model;
}

fmtconv_model *
apply_rules (const fmtconv_rules *rules, const fmtconv_model *in)
{
  fmtconv_model *out = fci_model_new (fci_model_ctx (in), in);
  fmtconv_rules_apply (rules, in, out);
  if (!fmtconv_ctx_failed (fci_model_ctx (in)))
    cr_assert_eq (fci_model_freeze (out, "test"), 0);
  return out;
}

fmtconv_model *
reverse_rules (const fmtconv_rules *rules, const fmtconv_model *in)
{
  fmtconv_model *out = fci_model_new (fci_model_ctx (in), in);
  fmtconv_rules_reverse (rules, in, out);
  if (!fmtconv_ctx_failed (fci_model_ctx (in)))
    cr_assert_eq (fci_model_freeze (out, "test"), 0);
  return out;
}

const char *
names_of (const fmtconv_model *model)
{
  fmtconv_ctx *ctx = fci_model_ctx (model);
  const char *text = "";
  FMTCONV_FOREACH (t, model)
    {
      text = fmtconv_ctx_printf (ctx, "%s%s%s:", text, *text ? " " : "", t->name);
      for (unsigned i = 0; i < t->rank; i++)
        text = fmtconv_ctx_printf (ctx, "%s%s%" PRIu64, text, i ? "," : "", t->shape[i]);
    }
  return text;
}

const char *
value_of (const fmtconv_model *model, const char *name)
{
  const fmtconv_tensor *t = fmtconv_model_find (model, name);
  return t ? fci_view_text (t->view) : "(none)";
}

const char *
outcome (world *w, const fmtconv_rules *rules, const char *tensors)
{
  const fmtconv_model *out = apply_rules (rules, model_of (w, tensors));
  return w->code ? w->said : names_of (out);
}

void
check_law (world *w, const fmtconv_rules *rules, const char *tensors)
{
  const fmtconv_model *in = model_of (w, tensors);
  const fmtconv_model *there = apply_rules (rules, in);
  cr_assert_eq (w->code, 0, "%s: %s", tensors, w->said);
  const fmtconv_model *back = reverse_rules (rules, there);
  cr_assert_eq (w->code, 0, "back from %s: %s", tensors, w->said);
  cr_expect_eq (fmtconv_model_count (back), fmtconv_model_count (in));
  FMTCONV_FOREACH (t, in)
    cr_expect_str_eq (value_of (back, t->name), fci_view_text (t->view), "%s", t->name);
}
