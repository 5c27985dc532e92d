/* plugins/diffusers/weights.c: finds and reads a component's weights.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "diffusers.h"
#include "plugins/common/index.h"
#include "plugins/common/numbered.h"
#include <fmtconv/formats.h>
#include <string.h>

/* Which names in a folder are looked at. */
struct search
{
  fmtconv_ctx *ctx;
  fmtconv_input *folder;
  int ignore; /* indexes are ignored */
  int parts;  /* files of several, else files of the whole model and indexes */
};

static int
is_of_variant (const struct diffusers_weights *w, const char *variant)
{
  return w->n == strlen (variant) && !strncmp (w->variant, variant, w->n);
}

/* Returns whether a name is looked at. */
static int
is_candidate (const struct search *s, const char *name, struct diffusers_weights *w)
{
  return diffusers_inspect (name, w) && w->is_part == s->parts && !(s->ignore && w->is_index);
}

/* Returns whether the folder has a candidate of that variant; NULL: of any. */
static int
has_candidate (const struct search *s, const char *variant)
{
  const char *name;
  struct diffusers_weights w;
  for (size_t i = 0; (name = fmtconv_input_entry (s->folder, i)); i++)
    if (is_candidate (s, name, &w) && (!variant || is_of_variant (&w, variant)))
      return 1;
  return 0;
}

int
diffusers_has_weights (fmtconv_input *folder, const char *variant)
{
  const struct search whole = { .folder = folder }, parts = { .folder = folder, .parts = 1 };
  return has_candidate (&whole, variant) || has_candidate (&parts, variant);
}

/* Returns the search of a folder.  Files of several are looked at by themselves only if their index is ignored or
 * there is nothing else: programs that load the folder find them by an index. */
static struct search
begin (fmtconv_ctx *ctx, const struct diffusers_read_params *p, fmtconv_input *folder)
{
  struct search s = { .ctx = ctx, .folder = folder, .ignore = p->ignore_index };
  const int has_whole = has_candidate (&s, p->variant);
  s.parts = 1;
  s.parts = (s.ignore || !has_whole) && has_candidate (&s, p->variant);
  return s;
}

/* Returns the variant to read: the given one, else no variant (an empty string), else the only variant; NULL:
 * an error. */
static const char *
choose_variant (const struct search *s, const char *wanted)
{
  fmtconv_ctx *ctx = s->ctx;
  const char *name, *found = NULL, *path = fmtconv_input_path (s->folder);
  struct diffusers_weights w;
  fmtconv_attr *others = fmtconv_attr_object (ctx); /* by name */
  if (has_candidate (s, wanted ? wanted : ""))
    return wanted ? wanted : "";
  for (size_t i = 0; (name = fmtconv_input_entry (s->folder, i)); i++)
    if (is_candidate (s, name, &w))
      {
        found = fmtconv_ctx_printf (ctx, "%.*s", (int) w.n, w.variant);
        if (!found || fmtconv_attr_get (others, found))
          continue;
        fmtconv_attr_set_bool (others, found, 1);
        fmtconv_detail (ctx, "%s", *found ? found : "no variant");
      }
  if (!others || !others->len)
    fmtconv_fail (ctx, FMTCONV_E_MISSING,
                  "no weights in %s: neither " DIFFUSERS_STEM ".safetensors nor " TRANSFORMERS_STEM
                  ".safetensors nor pytorch_model.bin, nor an index of such files",
                  path);
  else if (wanted)
    fmtconv_fail (ctx, FMTCONV_E_MISSING,
                  "%s has no weights of the variant '%s'. Variants in the folder:", path, wanted);
  else if (others->len == 1)
    fmtconv_note (ctx, "reading the only variant of the weights in %s:", path);
  else
    fmtconv_fail (ctx, FMTCONV_E_UNSUPPORTED,
                  "%s has weights of several variants. Select one with variant=:", path);
  return fmtconv_ctx_failed (ctx) ? NULL : found;
}

/* Returns the name that diffusers and transformers prefer; NULL: an error. */
static const char *
find_weights (const struct search *s, const char *variant, struct diffusers_weights *chosen)
{
  const char *name, *best = NULL, *equal = NULL;
  struct diffusers_weights w;
  for (size_t i = 0; (name = fmtconv_input_entry (s->folder, i)); i++)
    {
      if (!is_candidate (s, name, &w) || !is_of_variant (&w, variant) || (best && w.rank < chosen->rank))
        continue;
      if (!best || w.rank > chosen->rank)
        {
          best = name;
          *chosen = w;
          equal = NULL;
        }
      else if (!equal && !numbered_is_same_set (best, name))
        equal = name;
    }
  if (!equal)
    return best;
  if (s->parts)
    numbered_fail_several (s->ctx, best, equal);
  else
    fmtconv_fail_at (s->ctx, FMTCONV_E_UNSUPPORTED, &(fmtconv_where){ .hint = "name the index as the input" },
                     "the folder has two indexes, '%s' and '%s'", best, equal);
  return NULL;
}

/* Returns whether a file of weights is the chosen one or belongs to it.  The parts next to an index are left to its
 * reader, which knows whether the index names them. */
static int
is_chosen (const char *name, const struct diffusers_weights *w, const char *best,
           const struct diffusers_weights *chosen)
{
  if (!strcmp (name, best))
    return 1;
  if (chosen->is_part)
    return numbered_is_same_set (best, name);
  return chosen->is_index && w->is_part && (*w->stem || !*chosen->stem)
         && diffusers_is_same_variant (w, chosen);
}

/* Returns whether a file that is not read could be taken for the chosen weights: the same name in one file or in
 * several, or a safetensors file with a name that programs do not load. */
static int
is_stray (const char *name, const struct diffusers_weights *w, const struct diffusers_weights *chosen)
{
  if (!w->stem)
    return diffusers_is_other_weights (name);
  return diffusers_is_same_variant (w, chosen) && !strcmp (w->stem, chosen->stem)
         && !strcmp (w->reader, chosen->reader);
}

/* Lists the weights that are not read. */
static void
list_others (const struct search *s, const char *best, const struct diffusers_weights *chosen,
             fmtconv_model *out)
{
  const char *name;
  struct diffusers_weights w;
  size_t strays = 0;
  for (size_t i = 0; (name = fmtconv_input_entry (s->folder, i)); i++)
    {
      const int is_weights = diffusers_inspect (name, &w);
      if (is_weights && is_chosen (name, &w, best, chosen))
        continue;
      if (is_weights)
        fmtconv_model_skip (out, name, 0,
                            diffusers_is_same_variant (&w, chosen) ? "the folder's other weights are read"
                                                                   : "weights of another variant");
      else
        w.stem = NULL;
      if (!is_stray (name, &w, chosen))
        continue;
      fmtconv_detail (s->ctx, "%s", name);
      strays++;
    }
  if (strays)
    fmtconv_note (s->ctx, "reading '%s'; other weights in the folder are not read:", best);
}

/* Returns the reader with its parameters. */
static const char *
reader_of (const struct diffusers_weights *w, int aliases)
{
  if (aliases == INDEX_ALIASES_NAMES || strcmp (w->reader, "safetensors"))
    return w->reader;
  return aliases == INDEX_ALIASES_ALL ? "safetensors:aliases=all" : "safetensors:aliases=none";
}

/* Reads the files of several by their numbers. */
static int
read_parts (const struct search *s, const char *name, const char *reader, fmtconv_model *out)
{
  struct numbered_set set;
  if (numbered_find (s->ctx, s->folder, name, &set))
    return fmtconv_ctx_failed (s->ctx);
  fmtconv_note (s->ctx, "%s; reading the files that are numbered like '%s'",
                s->ignore ? "ignored indexes" : "the weights have no index", name);
  return numbered_read (s->ctx, s->folder, &set, reader, out);
}

int
diffusers_read_weights (fmtconv_ctx *ctx, const struct diffusers_read_params *p, fmtconv_input *folder,
                        fmtconv_model *out)
{
  struct diffusers_weights w = { 0 };
  const struct search s = begin (ctx, p, folder);
  const char *variant = choose_variant (&s, p->variant);
  const char *name = variant ? find_weights (&s, variant, &w) : NULL;
  if (!name)
    return fmtconv_ctx_failed (ctx);
  list_others (&s, name, &w, out);
  if (w.is_part)
    read_parts (&s, name, reader_of (&w, p->aliases), out);
  else
    fmtconv_model_adopt (out,
                         fmtconv_input_read (fmtconv_input_child (folder, name), reader_of (&w, p->aliases)));
  if (w.library)
    fmtconv_attr_set_string (fmtconv_model_attrs (out), "library", w.library);
  if (diffusers_is_adapter (w.stem))
    fmtconv_attr_set_string (fmtconv_model_attrs (out), "weights-name", w.stem);
  return fmtconv_ctx_failed (ctx);
}
