/* plugins/dcp/root.c: chooses the part of a checkpoint that is the model, and says what is left out.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A save has the model next to an optimizer, schedulers and the state of a loader: {"model": …, "optimizer": …}, or
 * {"app": {"model": …}} around it; torchtitan has the tensors of the model at the top. */
#include "config.h"
#include "plugins/dcp/dcp.h"
#include <string.h>
#include <strings.h>

enum
{
  MAX_KEYS = 64,  /* dictionaries of one level; with more, the level is the model */
  MAX_LEVELS = 32 /* that the model can be below */
};

/* A dictionary at the level that is looked at. */
typedef struct key
{
  const char *text;
  size_t len;
  uint64_t tensors;
  uint64_t others; /* values that are not tensors */
  uint64_t bytes;
} key;

typedef struct level
{
  key keys[MAX_KEYS];
  size_t n;
  uint64_t direct; /* tensors that are values of the level itself */
  bool is_full;    /* it has more keys */
} level;

static const char *const usual[] = { "model", "module", "state_dict", "model_state_dict" };
static const char *const asides[] = { "optim", "sched",  "lr_sched", "dataloader", "data_loader",
                                      "train", "scaler", "rng",      "grad_scaler" };

static bool
is_usual (const key *k)
{
  for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
    if (strlen (usual[i]) == k->len && !memcmp (k->text, usual[i], k->len))
      return true;
  return false;
}

/* Returns whether it is a usual name of what training saves next to a model. */
static bool
is_aside (const key *k)
{
  for (size_t i = 0; i < sizeof asides / sizeof *asides; i++)
    if (k->len >= strlen (asides[i]) && !strncasecmp (k->text, asides[i], strlen (asides[i])))
      return true;
  return false;
}

/* Returns the length of the item's key at this level if that is a dictionary; 0: the item is a value of the level. */
static size_t
key_of (const dcp_item *item)
{
  if (item->path)
    return item->passed + 1 < fmtconv_value_count (item->path)
               ? dcp_key_length (fmtconv_value_at (item->path, item->passed))
               : 0;
  const char *dot = memchr (item->name + item->start, '.', item->len - item->start);
  const key k = { .text = item->name + item->start,
                  .len = dot ? (size_t) (dot - item->name) - item->start : 0 };
  return is_aside (&k) ? k.len : 0;
}

/* Returns the key with that text, which is added; NULL: there are too many. */
static key *
find (level *l, const char *text, size_t len, bool may_add)
{
  for (size_t i = l->n; i-- > 0;)
    if (l->keys[i].len == len && !memcmp (l->keys[i].text, text, len))
      return &l->keys[i];
  if (!may_add || l->n == MAX_KEYS)
    return NULL;
  l->keys[l->n] = (key){ .text = text, .len = len };
  return &l->keys[l->n++];
}

/* Counts what is at the level: the values, and the dictionaries with what is in them. */
static void
look (const dcp_load *load, level *l)
{
  memset (l, 0, sizeof *l);
  for (size_t i = 0; i < load->meta.n; i++)
    {
      const dcp_item *item = &load->meta.items[i];
      const size_t len = item->is_left ? 0 : key_of (item);
      key *k = len ? find (l, item->name + item->start, len, true) : NULL;
      if (k)
        {
          k->tensors += item->is_tensor;
          k->others += !item->is_tensor;
          k->bytes += item->is_tensor ? item->bytes : 0;
        }
      l->is_full = l->is_full || (len && !k);
      l->direct += !item->is_left && !len && item->is_tensor;
    }
}

static const char *
outside (fmtconv_ctx *ctx, const char *root)
{
  return *root ? fmtconv_ctx_printf (ctx, "outside root '%s'", root) : "not tensors of the model";
}

/* Leaves out a dictionary, and says so.  Returns the number of its tensors. */
static uint64_t
leave (dcp_load *load, const key *k, const char *root)
{
  const char *name = fmtconv_ctx_printf (load->ctx, "%.*s", (int) k->len, k->text);
  if (k->tensors)
    fmtconv_detail (load->ctx, "%s: %llu tensors, %llu bytes", name, (unsigned long long) k->tensors,
                    (unsigned long long) k->bytes);
  fmtconv_model_skip (load->out,
                      fmtconv_ctx_printf (load->ctx, "%s: %llu tensors, %llu other values", name,
                                          (unsigned long long) k->tensors, (unsigned long long) k->others),
                      k->bytes, outside (load->ctx, root));
  return k->tensors;
}

/* Marks the items outside the chosen dictionary, or, if `chosen` is NULL, inside those that are not weights. */
static void
enter (dcp_load *load, level *l, const key *chosen)
{
  for (size_t i = 0; i < load->meta.n; i++)
    {
      dcp_item *item = &load->meta.items[i];
      const size_t len = item->is_left ? 0 : key_of (item);
      const key *k = len ? find (l, item->name + item->start, len, false) : NULL;
      if (item->is_left)
        continue;
      if (!chosen)
        item->is_left = k && is_aside (k);
      else if (k == chosen)
        {
          item->start += len + 1;
          item->passed++;
        }
      else
        item->is_left = true;
    }
}

static int
fail_root (dcp_load *load, const level *l, const char *path, int code, const char *why)
{
  const char *hint = "select one with -r dcp:root=PATH; root=. reads all";
  for (size_t i = 0; i < l->n; i++)
    if (l->keys[i].tensors)
      fmtconv_detail (load->ctx, "root=%s%.*s (%llu tensors)", path, (int) l->keys[i].len, l->keys[i].text,
                      (unsigned long long) l->keys[i].tensors);
  return fmtconv_fail_at (load->ctx, code, &(fmtconv_where){ .source = load->meta.source, .hint = hint },
                          "%s", why);
}

/* Sets *chosen to the dictionary that the model is in; NULL: the model is the level itself. */
static int
decide (dcp_load *load, level *l, const char *path, const key **chosen)
{
  size_t usuals = 0, weights = 0;
  const key *named = NULL, *only = NULL;
  *chosen = NULL;
  for (size_t i = 0; i < l->n; i++)
    {
      const key *k = &l->keys[i];
      if (!k->tensors)
        continue;
      usuals += is_usual (k);
      named = is_usual (k) ? k : named;
      weights += !is_aside (k);
      only = is_aside (k) ? only : k;
    }
  if (usuals > 1)
    return fail_root (load, l, path, FMTCONV_E_UNSUPPORTED, "several dictionaries hold weights");
  if (usuals == 1 || l->direct || l->is_full)
    *chosen = usuals ? named : NULL;
  else if (weights > 1)
    return fail_root (load, l, path, FMTCONV_E_UNSUPPORTED, "several dictionaries hold weights");
  else if (!weights)
    return fail_root (load, l, path, FMTCONV_E_MISSING,
                      l->n ? "it holds the state of a training, but no model" : "it holds no tensors");
  else
    *chosen = only;
  return 0;
}

/* Says which dictionary is read, and leaves out all others of the level.  Returns whether tensors were left out. */
static bool
leave_others (dcp_load *load, const level *l, const key *chosen, const char *root)
{
  uint64_t left = chosen ? l->direct : 0;
  for (size_t i = 0; i < l->n; i++)
    if (chosen ? &l->keys[i] != chosen : is_aside (&l->keys[i]))
      left += leave (load, &l->keys[i], root);
  if (chosen && l->direct)
    fmtconv_model_skip (
        load->out, fmtconv_ctx_printf (load->ctx, "%llu tensors next to it", (unsigned long long) l->direct),
        0, outside (load->ctx, root));
  return left > 0;
}

static int
choose (dcp_load *load)
{
  level *l = fmtconv_scratch_alloc (load->ctx, 1, sizeof *l);
  const char *path = "";
  const key *chosen = NULL;
  for (int depth = 0; l && depth < MAX_LEVELS; depth++)
    {
      look (load, l);
      if (decide (load, l, path, &chosen))
        return fmtconv_ctx_failed (load->ctx);
      if (chosen)
        path = fmtconv_ctx_printf (load->ctx, "%s%.*s.", path, (int) chosen->len, chosen->text);
      const char *root = *path ? fmtconv_ctx_printf (load->ctx, "%.*s", (int) strlen (path) - 1, path) : "";
      if (leave_others (load, l, chosen, root))
        fmtconv_note (load->ctx, "reading %s%s%s without these (root=. reads everything):",
                      *root ? "'" : "the tensors at the top", root, *root ? "'" : "");
      else if (chosen && !is_usual (chosen))
        fmtconv_note (load->ctx, "reading '%s' (root=. reads everything)", root);
      enter (load, l, chosen);
      if (!chosen)
        return 0;
    }
  return fmtconv_ctx_failed (load->ctx);
}

/* Reads what the user typed: everything, or the items whose name begins with it. */
static int
follow (dcp_load *load, const char *typed)
{
  const size_t n = strlen (typed);
  uint64_t found = 0;
  for (size_t i = 0; strcmp (typed, ".") && i < load->meta.n; i++)
    {
      dcp_item *item = &load->meta.items[i];
      item->is_left = item->len <= n + 1 || memcmp (item->name, typed, n) || item->name[n] != '.';
      item->start = item->is_left ? 0 : n + 1;
      found += !item->is_left && item->is_tensor;
    }
  if (found || !strcmp (typed, "."))
    return 0;
  level *l = fmtconv_scratch_alloc (load->ctx, 1, sizeof *l);
  for (size_t i = 0; i < load->meta.n; i++)
    load->meta.items[i].is_left = false;
  if (l)
    look (load, l);
  return l ? fail_root (load, l, "", FMTCONV_E_MISSING,
                        fmtconv_ctx_printf (load->ctx, "there are no tensors in root '%s'", typed))
           : FMTCONV_E_NOMEM;
}

/* Lists the values of the model that are not tensors, and counts its tensors. */
static int
finish (dcp_load *load)
{
  uint64_t tensors = 0, others = 0, left = 0, bytes = 0;
  for (size_t i = 0; i < load->meta.n; i++)
    {
      const dcp_item *item = &load->meta.items[i];
      tensors += !item->is_left && item->is_tensor;
      left += item->is_left && item->is_tensor;
      bytes += item->is_left && item->is_tensor ? item->bytes : 0;
      if (!item->is_left && !item->is_tensor && others++ < DCP_MAX_LISTED)
        fmtconv_model_skip (load->out, item->name, 0, "a pickled value, not a tensor");
    }
  if (others > DCP_MAX_LISTED)
    fmtconv_model_skip (
        load->out,
        fmtconv_ctx_printf (load->ctx, "%llu further values", (unsigned long long) (others - DCP_MAX_LISTED)),
        0, "pickled values, not tensors");
  if (load->params->root && left)
    fmtconv_model_skip (load->out, fmtconv_ctx_printf (load->ctx, "%llu tensors", (unsigned long long) left),
                        bytes, outside (load->ctx, load->params->root));
  return tensors ? fmtconv_ctx_failed (load->ctx)
                 : fmtconv_fail_at (load->ctx, FMTCONV_E_MISSING,
                                    &(fmtconv_where){ .source = load->meta.source }, "it holds no tensors");
}

int
dcp_choose_root (dcp_load *load)
{
  const char *typed = load->params->root;
  return (typed ? follow (load, typed) : choose (load)) ? fmtconv_ctx_failed (load->ctx) : finish (load);
}
