/* plugins/common/lora-index.c: finds the weight of a module by the name that a LoRA gives to it.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A key is a name without some of its prefixes, with underscores for separators, so that one sorted list serves every
 * convention.  Keys of names with dots are compared with their dots, too. */
#include "config.h"

#include "plugins/common/lora-index.h"
#include "plugins/common/text.h"
#include <fmtconv/formats.h>
#include <stdlib.h>

/* A tensor under one of its names. */
struct lora_index_entry
{
  const char *key;
  const char *name; /* the same with dots */
  const fmtconv_tensor *tensor;
  unsigned stripped; /* number of prefixes that were removed */
  size_t position;   /* in the model */
};

enum
{
  MAX_STRIPPED = 4 /* prefixes in front of one another */
};

/* Wrappers of modules, between the module's name and the leaf: SAT's, peft's. */
static const char *const wrappers[] = { ".original.", ".base_layer.", ".original_module." };

/* What old files call a module of an attention, at the end of its name. */
static const char *const ends[][2] = {
  { "to_out", "to_out.0" }, { "to_out", "out_proj" }, { "to_q", "q_proj" },
  { "to_k", "k_proj" },     { "to_v", "v_proj" },
};

enum
{
  N_WRAPPERS = sizeof wrappers / sizeof *wrappers,
  N_ENDS = sizeof ends / sizeof *ends
};

const char *
lora_plain_name (fmtconv_ctx *ctx, const char *name)
{
  for (size_t i = 0; i < N_WRAPPERS; i++)
    {
      const char *at = strstr (name, wrappers[i]);
      const char *leaf = at ? at + strlen (wrappers[i]) : NULL;
      if (leaf && !strchr (leaf, '.'))
        return fmtconv_ctx_printf (ctx, "%.*s.%s", (int) (at - name), name, leaf);
    }
  return name;
}

/* fmtconv_model_tied returns the first of a group for all others, and the second for the first, so both are found
 * from any of them. */
const fmtconv_tensor *
lora_first_tied (const fmtconv_model *model, const fmtconv_tensor *t)
{
  const fmtconv_tensor *one = fmtconv_model_tied (model, t);
  if (!one)
    return t;
  const fmtconv_tensor *other = fmtconv_model_tied (model, one);
  return (uintptr_t) one < (uintptr_t) other ? one : other;
}

/* Returns a name with dots for its separator, and without the component "processor" of old files. */
static char *
dotted (fmtconv_ctx *ctx, const char *name, const char *separator)
{
  static const char processor[] = ".processor.";
  char *out = fmtconv_ctx_alloc (ctx, strlen (name) + 1, 1), *to = out;
  const size_t n = strlen (separator);
  while (out && *name)
    if (text_starts_with (name, processor))
      name += strlen (processor) - 1;
    else if (n > 1 && text_starts_with (name, separator))
      {
        *to++ = '.';
        name += n;
      }
    else
      *to++ = *name++;
  return out;
}

static char *
key_of (fmtconv_ctx *ctx, const char *name)
{
  char *key = fmtconv_ctx_alloc (ctx, strlen (name) + 1, 1);
  for (size_t i = 0; key && name[i]; i++)
    key[i] = name[i] == '.' ? '_' : name[i];
  return key;
}

static int
by_key (const void *left, const void *right)
{
  const struct lora_index_entry *a = left, *b = right;
  int r = strcmp (a->key, b->key);
  if (r || a->stripped != b->stripped)
    return r ? r : a->stripped < b->stripped ? -1 : 1;
  return (a->position > b->position) - (a->position < b->position);
}

/* Adds a tensor under its name, and under its name without one prefix after the other. */
static int
add (struct lora_index *index, const fmtconv_tensor *t, size_t position)
{
  const char *name = lora_plain_name (index->ctx, t->name);
  const char *key = name ? key_of (index->ctx, name) : NULL;
  for (unsigned stripped = 0; key && stripped < MAX_STRIPPED; stripped++)
    {
      index->entries[index->n++] = (struct lora_index_entry){
        .key = key, .name = name, .tensor = t, .stripped = stripped, .position = position
      };
      const struct lora_prefix *p = lora_prefix_of (name);
      if (!p || strcmp (p->separator, ".") != 0)
        break;
      name += strlen (p->text);
      key += strlen (p->text);
    }
  return fmtconv_ctx_failed (index->ctx);
}

int
lora_index_make (fmtconv_ctx *ctx, const fmtconv_model *model, struct lora_index *out)
{
  size_t position = 0;
  *out = (struct lora_index){ .ctx = ctx, .model = model };
  out->entries =
      fmtconv_ctx_alloc (ctx, MAX_STRIPPED * fmtconv_model_count (model) + 1, sizeof *out->entries);
  if (!out->entries)
    return fmtconv_ctx_failed (ctx);
  FMTCONV_FOREACH (t, model)
    if (add (out, t, position++))
      return fmtconv_ctx_failed (ctx);
  qsort (out->entries, out->n, sizeof *out->entries, by_key);
  return 0;
}

/* A name that is looked for. */
struct wanted
{
  const char *name; /* with dots, if its separators are known */
  const char *leaf;
  const char *from;
  bool any_dots; /* underscores may be dots, but not the one before the leaf */
  bool exact;
};

static size_t
find_first (const struct lora_index *index, const char *key)
{
  size_t a = 0, b = index->n;
  while (a < b)
    {
      size_t middle = a + (b - a) / 2;
      if (strcmp (index->entries[middle].key, key) < 0)
        a = middle + 1;
      else
        b = middle;
    }
  return a;
}

static const fmtconv_tensor *
fail_ambiguous (const struct lora_index *index, const struct wanted *w, const fmtconv_tensor *a,
                const fmtconv_tensor *b)
{
  fmtconv_fail_at (index->ctx, FMTCONV_E_UNSUPPORTED,
                   &(fmtconv_where){ .tensor = w->from,
                                     .hint =
                                         "rename the LoRA's tensors to lora_A and lora_B, with dots in the "
                                         "module's name" },
                   "the name can mean '%s' or '%s'", a->name, b->name);
  return NULL;
}

/* Returns whether an entry with the wanted key has the wanted dots. */
static bool
has_dots (const struct lora_index_entry *e, const struct wanted *w)
{
  const size_t n = strlen (w->name), leaf = n - strlen (w->leaf) - 1;
  for (size_t i = 0; i < n; i++)
    if (e->name[i] != w->name[i] && (!w->any_dots || w->name[i] != '_' || i >= leaf))
      return false;
  return true;
}

/* Returns the tensor with the name, from whose own name the fewest prefixes were removed. */
static const fmtconv_tensor *
find_name (const struct lora_index *index, const struct wanted *w)
{
  const char *key = key_of (index->ctx, w->name);
  const struct lora_index_entry *found = NULL;
  for (size_t i = key ? find_first (index, key) : SIZE_MAX; i < index->n; i++)
    {
      const struct lora_index_entry *e = &index->entries[i];
      if (strcmp (e->key, key) != 0 || (found && e->stripped > found->stripped) || (w->exact && e->stripped))
        break;
      if (!has_dots (e, w))
        continue;
      if (found && lora_first_tied (index->model, found->tensor) != lora_first_tied (index->model, e->tensor))
        return fail_ambiguous (index, w, found->tensor, e->tensor);
      found = found ? found : e;
    }
  return found ? found->tensor : NULL;
}

/* Looks for module.leaf, and for the module under the other names of its end. */
static const fmtconv_tensor *
find_module (const struct lora_index *index, const char *module, struct wanted w)
{
  const size_t n = strlen (module);
  const char *name = fmtconv_ctx_printf (index->ctx, "%s.%s", module, w.leaf);
  w.name = name ? lora_plain_name (index->ctx, name) : NULL;
  const fmtconv_tensor *t = w.name ? find_name (index, &w) : NULL;
  for (size_t i = 0; w.name && !t && !w.exact && i < N_ENDS; i++)
    {
      const size_t end = strlen (ends[i][0]);
      if (n <= end || strcmp (module + n - end, ends[i][0]) != 0)
        continue;
      w.name = fmtconv_ctx_printf (index->ctx, "%.*s%s.%s", (int) (n - end), module, ends[i][1], w.leaf);
      t = w.name ? find_name (index, &w) : NULL;
    }
  return t;
}

const fmtconv_tensor *
lora_index_find (const struct lora_index *index, const char *module, const char *leaf, const char *from,
                 bool exact)
{
  struct wanted w = { .leaf = leaf, .from = from, .exact = exact };
  if (lora_is_scale (module)) /* the name of the whole weight */
    {
      w.leaf = "scale";
      module = fmtconv_ctx_printf (index->ctx, "%.*s", (int) (strlen (module) - strlen (".scale")), module);
      if (!module)
        return NULL;
    }
  const char *first = exact ? module : dotted (index->ctx, module, ".");
  const fmtconv_tensor *t = first ? find_module (index, first, w) : NULL;
  for (const struct lora_prefix *p; !t && !exact && (p = lora_prefix_of (module));)
    {
      module += strlen (p->text);
      w.any_dots = strcmp (p->separator, "_") == 0;
      const char *name = dotted (index->ctx, module, p->separator);
      t = name ? find_module (index, name, w) : NULL;
      if (w.any_dots || fmtconv_ctx_failed (index->ctx))
        break;
      module = strcmp (p->separator, ".") == 0 ? module : name;
    }
  return fmtconv_ctx_failed (index->ctx) ? NULL : t;
}
