/* plugins/torch/choose.c: finds the model in a checkpoint by what it is: the dictionary of named tensors next to
 * optimizers, schedulers and numbers.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/torch/module.h"
#include "plugins/torch/root.h"
#include "plugins/torch/training.h"

/* Names that programs give a model in a checkpoint; the first three are entered without a note. */
static const char *const usual[] = { "model",   "module",    "state_dict", "model_state_dict", "net",
                                     "network", "generator", "params",     "weights" };

static const char *const averages[] = { "ema", NULL };

enum
{
  SILENT = 3,
  MAX_SHOWN = 200 /* candidates listed in a message */
};

typedef enum value_form
{
  FORM_NOTHING,
  FORM_FACT,    /* numbers, texts, objects, tensors of one number, and what training saves next to a model */
  FORM_TENSORS, /* a tensor, or a list with tensors */
  FORM_TREE,    /* a dictionary with tensors deeper in it */
  FORM_ASIDE,   /* FORM_STATE with the name of what is saved next to a model */
  FORM_STATE    /* a dictionary of tensors, or a module */
} value_form;

/* The values of one container, counted by form. */
typedef struct level
{
  const torch_scan *scan;
  const fmtconv_value *inside;
  size_t last;    /* number of the last candidate */
  uint32_t n;     /* candidates: dictionaries that can be the model */
  uint32_t usual; /* candidates with a usual name */
  uint32_t tensors;
  uint32_t trees; /* that are not candidates */
  size_t tree;    /* number of the last of them */
  uint32_t facts;
  uint32_t asides; /* that are not candidates: weights only if nothing else is the model */
  bool copies;     /* two candidates have the same names: one of them is an average */
} level;

static bool
is_usual (const fmtconv_value *key)
{
  for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
    if (fmtconv_value_is (key, usual[i]))
      return true;
  return torch_key_has_word (key, averages);
}

static bool
is_silent (const fmtconv_value *key)
{
  for (size_t i = 0; i < SILENT; i++)
    if (fmtconv_value_is (key, usual[i]))
      return true;
  return false;
}

static value_form
form_of (const torch_scan *scan, const fmtconv_value *key, const fmtconv_value *value)
{
  const unsigned kind = fmtconv_value_kind (value);
  bool is_empty = torch_is_container (value) && fmtconv_value_count (value) == 0;
  if (kind == FMTCONV_VALUE_NONE || is_empty)
    return FORM_NOTHING;
  if (!torch_holds_shaped (scan, value) || torch_is_known_state (scan, key, value))
    return FORM_FACT;
  const bool aside = torch_is_named_aside (key), is_dict = kind == FMTCONV_VALUE_DICT;
  if (torch_is_module (scan, value) || (is_dict && torch_mark_of (scan, value)->direct))
    return aside ? FORM_ASIDE : FORM_STATE;
  if (aside)
    return FORM_FACT;
  if (is_dict)
    return FORM_TREE;
  return torch_is_tensor (scan, value) || torch_is_container (value) ? FORM_TENSORS : FORM_FACT;
}

static bool
same_names (const fmtconv_value *a, const fmtconv_value *b)
{
  const size_t n = fmtconv_value_count (a);
  if (fmtconv_value_kind (a) != FMTCONV_VALUE_DICT || fmtconv_value_kind (b) != FMTCONV_VALUE_DICT
      || n != fmtconv_value_count (b))
    return false;
  for (size_t i = 0; fmtconv_value_node (a) != fmtconv_value_node (b) && i < n; i++)
    if (!torch_same_text (fmtconv_value_key (a, i), fmtconv_value_key (b, i)))
      return false;
  return true;
}

static void
add_candidate (level *l, size_t i, const fmtconv_value *key)
{
  l->copies = l->copies
              || (l->n && l->n < MAX_SHOWN
                  && same_names (fmtconv_value_at (l->inside, l->last), fmtconv_value_at (l->inside, i)));
  l->usual += is_usual (key);
  l->n++;
  l->last = i;
}

static void
count (level *l, size_t i)
{
  const fmtconv_value *key = fmtconv_value_key (l->inside, i);
  value_form form = form_of (l->scan, key, fmtconv_value_at (l->inside, i));
  if (form == FORM_STATE || (form == FORM_TREE && is_usual (key)))
    add_candidate (l, i, key);
  else if (form == FORM_TREE)
    {
      l->trees++;
      l->tree = i;
    }
  l->tensors += form == FORM_TENSORS;
  l->facts += form == FORM_FACT;
  l->asides += form == FORM_ASIDE;
}

/* Takes the values with names of other things as candidates too, unless one has the usual name of a model. */
static void
count_asides (level *l)
{
  for (size_t i = 0; i < fmtconv_value_count (l->inside) && l->asides; i++)
    {
      const fmtconv_value *key = fmtconv_value_key (l->inside, i);
      if (form_of (l->scan, key, fmtconv_value_at (l->inside, i)) != FORM_ASIDE)
        continue;
      add_candidate (l, i, key);
      l->asides--;
    }
}

/* Returns whether a dictionary holds an optimizer's state next to other values. */
static bool
holds_optimizer (const torch_scan *scan, const fmtconv_value *tree)
{
  const fmtconv_value *key;
  for (size_t i = 0; i < MAX_SHOWN && (key = fmtconv_value_key (tree, i)); i++)
    if (torch_is_optimizer (scan, key, fmtconv_value_at (tree, i)))
      return true;
  return false;
}

static level
count_all (const torch_scan *scan, const fmtconv_value *inside)
{
  level l = { .scan = scan, .inside = inside };
  const size_t n = fmtconv_value_count (inside);
  for (size_t i = 0; i < n; i++)
    count (&l, i);
  if (l.usual != 1 || l.n != 1)
    count_asides (&l);
  /* The only dictionary with tensors, next to facts alone, or around a model and its optimizer. */
  if (l.n == 0 && l.trees == 1 && l.tensors == 0
      && (l.facts || holds_optimizer (scan, fmtconv_value_at (inside, l.tree))))
    {
      l.n = 1;
      l.last = l.tree;
      l.trees = 0;
    }
  return l;
}

/* Returns the candidate's path for root=. */
static const char *
path_of (fmtconv_ctx *ctx, const torch_root *root, const level *l, size_t i)
{
  const char *text = torch_item_text (ctx, l->inside, i);
  return root->steps ? fmtconv_ctx_printf (ctx, "%s.%s", root->name, text) : text;
}

/* Reports several candidates: only the user knows which is meant. */
static int
fail_several (fmtconv_ctx *ctx, const torch_root *root, const level *l)
{
  const char *path[2] = { NULL, NULL };
  uint32_t n = 0;
  for (size_t i = 0; i < fmtconv_value_count (l->inside) && n < MAX_SHOWN; i++)
    {
      const fmtconv_value *key = fmtconv_value_key (l->inside, i), *value = fmtconv_value_at (l->inside, i);
      value_form form = form_of (l->scan, key, value);
      if (form != FORM_STATE && form != FORM_ASIDE && !(form == FORM_TREE && is_usual (key)))
        continue;
      const char *text = path_of (ctx, root, l, i);
      fmtconv_detail (ctx, "root=%s (%s)", text, fmtconv_value_describe (ctx, value));
      if (n < 2)
        path[n] = text;
      n++;
    }
  const fmtconv_where where = { .hint = fmtconv_ctx_printf (
                                    ctx, "select one: -r torch:root=%s or -r torch:root=%s; root=. reads all",
                                    path[0], path[1]) };
  if (l->n == 2)
    return fmtconv_fail_at (ctx, FMTCONV_E_UNSUPPORTED, &where, "both '%s' and '%s' hold weights", path[0],
                            path[1]);
  return fmtconv_fail_at (ctx, FMTCONV_E_UNSUPPORTED, &where, "%u dictionaries hold weights", l->n);
}

static int
fail_mixed (fmtconv_ctx *ctx, const torch_root *root, const level *l)
{
  const char *path = path_of (ctx, root, l, l->last);
  const fmtconv_where where = {
    .hint = fmtconv_ctx_printf (ctx, "-r torch:root=%s reads it alone, root=%s all of them", path, root->name)
  };
  return fmtconv_fail_at (ctx, FMTCONV_E_UNSUPPORTED, &where,
                          "'%s' holds weights, and other values next to it hold tensors", path);
}

/* Decides about one container: *enter is whether the model is its last candidate; otherwise it is the model itself. */
static int
decide (fmtconv_ctx *ctx, const torch_root *root, const level *l, bool *enter)
{
  *enter = l->n == 1 && (l->usual || (!l->tensors && !l->trees));
  if (*enter || l->n == 0)
    return 0;
  if (l->n > 1 && (l->usual || l->facts || l->copies))
    return fail_several (ctx, root, l);
  return l->facts ? fail_mixed (ctx, root, l) : 0;
}

int
torch_root_choose (torch_root *root)
{
  const torch_scan *scan = root->scan;
  fmtconv_ctx *ctx = scan->ctx;
  bool enter = true;
  if (torch_looks_like_optimizer (scan, root->value))
    return fmtconv_fail_at (
        ctx, FMTCONV_E_UNSUPPORTED,
        &(fmtconv_where){ .hint =
                              "give the file of the model; -r torch:root=. reads the tensors of this one" },
        "the file holds the state of an optimizer, not a model");
  while (enter)
    {
      const fmtconv_value *inside = root->value;
      if (!torch_is_container (inside) || fmtconv_value_kind (inside) == FMTCONV_VALUE_SET
          || !torch_holds_shaped (scan, inside))
        return 0;
      const level l = count_all (scan, inside);
      if (decide (ctx, root, &l, &enter))
        return fmtconv_ctx_failed (ctx);
      if (!enter)
        break;
      if (torch_root_step (root, inside, l.last, torch_item_text (ctx, inside, l.last)))
        return fmtconv_ctx_failed (ctx);
      if (!is_silent (fmtconv_value_key (inside, l.last)))
        fmtconv_note (ctx, "reading '%s'%s (root=. reads everything)", root->name,
                      l.asides ? "" : ", the only weights of the file");
    }
  return 0;
}
