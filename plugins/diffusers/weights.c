/* plugins/diffusers/weights.c: finds and reads a component's weights.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "diffusers.h"
#include "plugins/common/index.h"
#include <fmtconv/formats.h>
#include <string.h>

static int
is_of_variant (const struct diffusers_weights *w, const char *variant)
{
  return w->n == strlen (variant) && !strncmp (w->variant, variant, w->n);
}

/* Returns whether it names weights or an index, not a part. */
static int
is_whole (const char *name, struct diffusers_weights *w)
{
  return diffusers_inspect (name, w) && !w->is_part;
}

int
diffusers_has_weights (fmtconv_input *folder, const char *variant)
{
  const char *name;
  struct diffusers_weights w;
  for (size_t i = 0; (name = fmtconv_input_entry (folder, i)); i++)
    if (variant ? is_whole (name, &w) && is_of_variant (&w, variant) : diffusers_inspect (name, &w))
      return 1;
  return 0;
}

static int
no_weights (fmtconv_ctx *ctx, fmtconv_input *folder)
{
  const char *name;
  struct diffusers_weights w;
  for (size_t i = 0; (name = fmtconv_input_entry (folder, i)); i++)
    if (diffusers_inspect (name, &w))
      return fmtconv_fail_at (
          ctx, FMTCONV_E_MISSING, &(fmtconv_where){ .hint = "check that the copy is complete" },
          "%s has parts of the weights, such as %s, but not their index", fmtconv_input_path (folder), name);
  return fmtconv_fail (ctx, FMTCONV_E_MISSING,
                       "no weights in %s: neither " DIFFUSERS_STEM ".safetensors nor " TRANSFORMERS_STEM
                       ".safetensors nor pytorch_model.bin, nor an index of such files",
                       fmtconv_input_path (folder));
}

/* Returns the variant to read: the given one, else no variant (an empty string), else the only variant; NULL:
 * an error. */
static const char *
choose_variant (fmtconv_ctx *ctx, const char *wanted, fmtconv_input *folder)
{
  const char *name, *found = NULL;
  struct diffusers_weights w;
  fmtconv_attr *others = fmtconv_attr_object (ctx); /* by name */
  if (diffusers_has_weights (folder, wanted ? wanted : ""))
    return wanted ? wanted : "";
  for (size_t i = 0; (name = fmtconv_input_entry (folder, i)); i++)
    if (is_whole (name, &w))
      {
        found = fmtconv_ctx_printf (ctx, "%.*s", (int) w.n, w.variant);
        if (!found || fmtconv_attr_get (others, found))
          continue;
        fmtconv_attr_set_bool (others, found, 1);
        fmtconv_detail (ctx, "%s", *found ? found : "no variant");
      }
  if (!others || !others->len)
    {
      no_weights (ctx, folder);
      return NULL;
    }
  if (wanted)
    {
      fmtconv_fail (ctx, FMTCONV_E_MISSING, "%s has no weights of the variant '%s'. Variants in the folder:",
                    fmtconv_input_path (folder), wanted);
      return NULL;
    }
  if (others->len == 1)
    {
      fmtconv_note (ctx, "reading the only variant of the weights in %s:", fmtconv_input_path (folder));
      return found;
    }
  fmtconv_fail (ctx, FMTCONV_E_UNSUPPORTED,
                "%s has weights of several variants. Select one with variant=:", fmtconv_input_path (folder));
  return NULL;
}

/* Returns the name that diffusers and transformers prefer; skips the others. */
static const char *
find_weights (fmtconv_input *folder, const char *variant, struct diffusers_weights *chosen,
              fmtconv_model *out)
{
  const char *name, *best = NULL;
  struct diffusers_weights w;
  for (size_t i = 0; (name = fmtconv_input_entry (folder, i)); i++)
    if (is_whole (name, &w) && is_of_variant (&w, variant))
      {
        int better = !best || w.rank > chosen->rank;
        const char *other = better ? best : name;
        if (other)
          fmtconv_model_skip (out, other, 0, "the folder's other weights are read");
        if (better)
          {
            best = name;
            *chosen = w;
          }
      }
  return best;
}

/* Returns the reader with its parameters. */
static const char *
reader_of (const struct diffusers_weights *w, int aliases)
{
  if (aliases == INDEX_ALIASES_NAMES || strcmp (w->reader, "safetensors"))
    return w->reader;
  return aliases == INDEX_ALIASES_ALL ? "safetensors:aliases=all" : "safetensors:aliases=none";
}

int
diffusers_read_weights (fmtconv_ctx *ctx, const struct diffusers_read_params *p, fmtconv_input *folder,
                        fmtconv_model *out)
{
  struct diffusers_weights w = { 0 };
  const char *variant = choose_variant (ctx, p->variant, folder);
  const char *name = variant ? find_weights (folder, variant, &w, out) : NULL;
  if (!name)
    return fmtconv_ctx_failed (ctx);
  fmtconv_model_adopt (out,
                       fmtconv_input_read (fmtconv_input_child (folder, name), reader_of (&w, p->aliases)));
  fmtconv_attr_set_string (fmtconv_model_attrs (out), "library", w.library);
  if (diffusers_is_adapter (w.stem))
    fmtconv_attr_set_string (fmtconv_model_attrs (out), "weights-name", w.stem);
  return fmtconv_ctx_failed (ctx);
}
