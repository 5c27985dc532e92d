/* plugins/torch/choose.c: finds the model in a checkpoint by what it is: the dictionary of named tensors next to
 * optimizers, schedulers and numbers.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/common/pickle/keys.h"
#include "plugins/torch/module.h"
#include "plugins/torch/root.h"
#include "plugins/torch/scan.h"
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
  const pk_items *items;
  uint32_t step;  /* 2: keys and values; 1: values */
  uint32_t last;  /* index of the last candidate */
  uint32_t n;     /* candidates: dictionaries that can be the model */
  uint32_t usual; /* candidates with a usual name */
  uint32_t tensors;
  uint32_t trees; /* that are not candidates */
  uint32_t tree;  /* index of the last of them */
  uint32_t facts;
  uint32_t asides; /* that are not candidates: weights only if nothing else is the model */
  bool copies;     /* two candidates have the same names: one of them is an average */
} level;

static bool
is_usual (const pk_value *key)
{
  for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
    if (pk_is (key, usual[i]))
      return true;
  return torch_key_has_word (key, averages);
}

static bool
is_silent (const pk_value *key)
{
  for (size_t i = 0; i < SILENT; i++)
    if (pk_is (key, usual[i]))
      return true;
  return false;
}

/* The key of the value at index i; a list's values have their numbers. */
static pk_value
key_of (const level *l, uint32_t i)
{
  return l->step == 2 ? l->items->at[i - 1] : pk_int (i);
}

static value_form
form_of (const pk_value *key, const pk_value *value)
{
  bool is_empty = pk_is_container (value) && value->v.items->n == 0;
  if (value->kind == PK_NONE || is_empty)
    return FORM_NOTHING;
  if (!torch_holds_shaped (value) || torch_is_known_state (key, value))
    return FORM_FACT;
  const bool aside = torch_is_named_aside (key);
  if (torch_is_module (value) || (value->kind == PK_DICT && value->v.items->mark.direct))
    return aside ? FORM_ASIDE : FORM_STATE;
  if (aside)
    return FORM_FACT;
  if (value->kind == PK_DICT)
    return FORM_TREE;
  return pk_is_tensor (value) || pk_is_container (value) ? FORM_TENSORS : FORM_FACT;
}

static bool
same_names (const pk_value *a, const pk_value *b)
{
  if (a->kind != PK_DICT || b->kind != PK_DICT || a->v.items->n != b->v.items->n)
    return false;
  for (uint32_t i = 0; a->v.items != b->v.items && i < a->v.items->n; i += 2)
    if (!pk_same_text (&a->v.items->at[i], &b->v.items->at[i]))
      return false;
  return true;
}

static void
add_candidate (level *l, uint32_t i, const pk_value *key)
{
  l->copies =
      l->copies || (l->n && l->n < MAX_SHOWN && same_names (&l->items->at[l->last], &l->items->at[i]));
  l->usual += is_usual (key);
  l->n++;
  l->last = i;
}

static void
count (level *l, uint32_t i)
{
  pk_value key = key_of (l, i);
  value_form form = form_of (&key, &l->items->at[i]);
  if (form == FORM_STATE || (form == FORM_TREE && is_usual (&key)))
    add_candidate (l, i, &key);
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
  for (uint32_t i = l->step - 1; i < l->items->n && l->asides; i += l->step)
    {
      pk_value key = key_of (l, i);
      if (form_of (&key, &l->items->at[i]) != FORM_ASIDE)
        continue;
      add_candidate (l, i, &key);
      l->asides--;
    }
}

/* Returns whether a dictionary holds an optimizer's state next to other values. */
static bool
holds_optimizer (const pk_value *tree)
{
  for (uint32_t i = 1; tree->kind == PK_DICT && i < tree->v.items->n && i < 2 * MAX_SHOWN; i += 2)
    if (torch_is_optimizer (&tree->v.items->at[i - 1], &tree->v.items->at[i]))
      return true;
  return false;
}

static level
count_all (const pk_value *inside)
{
  level l = { .items = inside->v.items, .step = inside->kind == PK_DICT ? 2 : 1 };
  for (uint32_t i = l.step - 1; i < l.items->n; i += l.step)
    count (&l, i);
  if (l.usual != 1 || l.n != 1)
    count_asides (&l);
  /* The only dictionary with tensors, next to facts alone, or around a model and its optimizer. */
  if (l.n == 0 && l.trees == 1 && l.tensors == 0 && (l.facts || holds_optimizer (&l.items->at[l.tree])))
    {
      l.n = 1;
      l.last = l.tree;
      l.trees = 0;
    }
  return l;
}

/* Returns the candidate's path for root=. */
static const char *
path_of (fmtconv_ctx *ctx, const torch_root *root, const pk_value *key)
{
  const char *text = torch_key_text (ctx, key);
  return root->steps ? fmtconv_ctx_printf (ctx, "%s.%s", root->name, text) : text;
}

/* Reports several candidates: only the user knows which is meant. */
static int
fail_several (fmtconv_ctx *ctx, const torch_root *root, const level *l)
{
  const char *path[2] = { NULL, NULL };
  uint32_t n = 0;
  for (uint32_t i = l->step - 1; i < l->items->n && n < MAX_SHOWN; i += l->step)
    {
      pk_value key = key_of (l, i);
      value_form form = form_of (&key, &l->items->at[i]);
      if (form != FORM_STATE && form != FORM_ASIDE && !(form == FORM_TREE && is_usual (&key)))
        continue;
      const char *text = path_of (ctx, root, &key);
      fmtconv_detail (ctx, "root=%s (%s)", text, pk_describe (ctx, &l->items->at[i]));
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
  pk_value key = key_of (l, l->last);
  const char *path = path_of (ctx, root, &key);
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
torch_root_choose (fmtconv_ctx *ctx, torch_root *root)
{
  bool enter = true;
  if (torch_looks_like_optimizer (&root->value))
    return fmtconv_fail_at (
        ctx, FMTCONV_E_UNSUPPORTED,
        &(fmtconv_where){ .hint =
                              "give the file of the model; -r torch:root=. reads the tensors of this one" },
        "the file holds the state of an optimizer, not a model");
  while (enter)
    {
      const pk_value inside = root->value;
      if (!pk_is_container (&inside) || inside.kind == PK_SET || !torch_holds_shaped (&inside))
        return 0;
      const level l = count_all (&inside);
      if (decide (ctx, root, &l, &enter))
        return fmtconv_ctx_failed (ctx);
      if (!enter)
        break;
      pk_value key = key_of (&l, l.last);
      if (torch_root_step (ctx, root, &inside, l.last, torch_key_text (ctx, &key)))
        return fmtconv_ctx_failed (ctx);
      if (!is_silent (&key))
        fmtconv_note (ctx, "reading '%s'%s (root=. reads everything)", root->name,
                      l.asides ? "" : ", the only weights of the file");
    }
  return 0;
}
