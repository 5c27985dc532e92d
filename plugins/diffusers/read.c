/* plugins/diffusers/read.c: reads one component: finds its weights by their names, and its configuration.
 * SPDX-License-Identifier: Apache-2.0 */
#include "diffusers.h"
#include <string.h>

enum
{
  MAX_CONFIG = 16 << 20, /* bytes */
  DEPTH = 32
};

#define CONFIG "config.json"
#define PIPELINE "model_index.json"

/* What a file's name says.  The variant is n bytes; n == 0: none. */
struct weights
{
  const char *stem;
  const char *variant;
  size_t n;
  int is_index;
};

static int
starts_with (const char *s, const char *start)
{
  return !strncmp (s, start, strlen (start));
}

/* ".fp16" before `end`, or nothing.  0: neither. */
static int
take_variant (const char *s, const char *end, struct weights *w)
{
  size_t n = strlen (s), tail = strlen (end);
  if (n < tail || strcmp (s + n - tail, end))
    return 0;
  w->variant = s + (n > tail);
  w->n = n - tail - (n > tail);
  return n == tail || (*s == '.' && diffusers_is_variant (w->variant, w->n));
}

/* "fp16-00001-of-00003": one file of several. */
static int
is_shard (const struct weights *w)
{
  static const char pattern[] = "-00000-of-00000";
  const char *end = w->variant + w->n;
  if (w->n < sizeof pattern - 1)
    return 0;
  end -= sizeof pattern - 1;
  for (size_t i = 0; pattern[i]; i++)
    if (pattern[i] == '0' ? !strchr ("0123456789", end[i]) : end[i] != pattern[i])
      return 0;
  return 1;
}

/* Is it the name of weights, or of their index? */
static int
look_at (const char *name, struct weights *w)
{
  static const char *const stems[] = { DIFFUSERS_STEM, TRANSFORMERS_STEM };
  for (size_t i = 0; i < 2; i++)
    if (starts_with (name, stems[i]))
      {
        const char *rest = name + strlen (stems[i]);
        *w = (struct weights){ .stem = stems[i], .is_index = starts_with (rest, ".safetensors.index") };
        if (w->is_index)
          return take_variant (rest + strlen (".safetensors.index"), ".json", w);
        return take_variant (rest, ".safetensors", w) && !is_shard (w);
      }
  return 0;
}

int
diffusers_probe (const fmtconv_peek *peek)
{
  struct weights w;
  int bits = 0, has_config = 0;
  for (size_t i = 0; peek->is_folder && i < peek->n_entries; i++)
    {
      if (!strcmp (peek->entries[i], PIPELINE))
        return 160;
      has_config = has_config || !strcmp (peek->entries[i], CONFIG);
      if (look_at (peek->entries[i], &w))
        bits = 96;
    }
  return bits && has_config ? bits + 16 : bits;
}

/* A folder without weights: what is it then? */
static int
no_weights (fmtconv_ctx *ctx, fmtconv_input *in)
{
  const char *name;
  if (fmtconv_has (in, PIPELINE))
    return fmtconv_fail_at (ctx, FMTCONV_E_UNSUPPORTED,
                            &(fmtconv_where){ .hint = "name the folder of one of them: transformer, vae …" },
                            "this is a pipeline of several components");
  for (size_t i = 0; (name = fmtconv_entry (in, i)); i++)
    if (strstr (name, ".bin") && (starts_with (name, DIFFUSERS_STEM) || starts_with (name, "pytorch_model")))
      return fmtconv_fail_at (ctx, FMTCONV_E_UNSUPPORTED,
                              &(fmtconv_where){ .hint = "read the file itself, with -r torch" },
                              "the weights are no safetensors, but a pickle: %s", name);
  return fmtconv_fail (ctx, FMTCONV_E_MISSING,
                       "no weights: neither " DIFFUSERS_STEM ".safetensors nor " TRANSFORMERS_STEM
                       ".safetensors, nor an index of such files");
}

static int
is_of_variant (const struct weights *w, const char *variant)
{
  return w->n == strlen (variant) && !strncmp (w->variant, variant, w->n);
}

/* The variant to read: what the user said, else none, else the only one.  NULL: an error. */
static const char *
choose_variant (fmtconv_ctx *ctx, const char *wanted, fmtconv_input *in)
{
  const char *name, *found = NULL;
  struct weights w;
  size_t others = 0;
  for (size_t i = 0; (name = fmtconv_entry (in, i)); i++)
    if (look_at (name, &w))
      {
        if (is_of_variant (&w, wanted ? wanted : ""))
          return wanted ? wanted : "";
        if (!found || !is_of_variant (&w, found))
          {
            found = fmtconv_text (ctx, "%.*s", (int) w.n, w.variant);
            others++;
            fmtconv_detail (ctx, "%s", *found ? found : "no variant");
          }
      }
  if (!others)
    return no_weights (ctx, in), NULL;
  if (wanted)
    return fmtconv_fail (ctx, FMTCONV_E_MISSING, "no weights of the variant '%s'; there are these:", wanted),
           NULL;
  if (others == 1)
    return fmtconv_note (ctx, "the only weights are of a variant, which is read:"), found;
  return fmtconv_fail (ctx, FMTCONV_E_UNSUPPORTED,
                       "weights of several variants: say which with variant=; there are these:"),
         NULL;
}

/* An index comes before a file of the whole, which diffusers would not read either. */
static const char *
find_weights (fmtconv_input *in, const char *variant, const char **stem, fmtconv_model *out)
{
  const char *name, *best = NULL;
  struct weights w, chosen = { 0 };
  for (size_t i = 0; (name = fmtconv_entry (in, i)); i++)
    if (look_at (name, &w) && is_of_variant (&w, variant))
      {
        int better = !best || (w.stem == chosen.stem ? w.is_index : !strcmp (w.stem, DIFFUSERS_STEM));
        const char *other = better ? best : name;
        if (other)
          fmtconv_skip (out, other, 0, "weights under another name are read");
        if (better)
          {
            best = name;
            chosen = w;
          }
      }
  *stem = chosen.stem;
  return best;
}

static int
read_config (fmtconv_ctx *ctx, fmtconv_input *in, fmtconv_model *out)
{
  fmtconv_attr *attrs = fmtconv_attrs (out);
  if (!fmtconv_has (in, CONFIG))
    return fmtconv_warn (ctx, "no " CONFIG " beside the weights: the model has no configuration");
  fmtconv_cursor c = fmtconv_cursor_of (fmtconv_open (fmtconv_beneath (in, CONFIG)));
  if (c.end > MAX_CONFIG)
    return fmtconv_fail (ctx, FMTCONV_E_LIMIT, CONFIG " has %llu bytes, more than the limit of %d",
                         (unsigned long long) c.end, MAX_CONFIG);
  fmtconv_attr *config = c.source ? fmtconv_take_json (&c, c.end, DEPTH) : NULL;
  if (config && config->kind != FMTCONV_A_OBJECT)
    return fmtconv_fail (ctx, FMTCONV_E_FORMAT, CONFIG " is not a JSON object");
  fmtconv_set (attrs, "config", config);
  const char *class = fmtconv_get_string (config, "_class_name", NULL);
  if (!class)
    class = fmtconv_get_string (fmtconv_at (config, "architectures/0"), NULL, NULL);
  if (class)
    fmtconv_set_string (attrs, "title", class);
  return fmtconv_failed (ctx);
}

int
diffusers_read (fmtconv_ctx *ctx, const void *params, fmtconv_input *in, fmtconv_model *out)
{
  const struct diffusers_read_params *p = params;
  const char *stem = NULL, *variant = choose_variant (ctx, p->variant, in);
  const char *weights = variant ? find_weights (in, variant, &stem, out) : NULL;
  if (!weights)
    return fmtconv_failed (ctx);
  fmtconv_adopt (out, fmtconv_read (fmtconv_beneath (in, weights), "safetensors"));
  fmtconv_set_string (fmtconv_attrs (out), "library",
                      strcmp (stem, DIFFUSERS_STEM) ? "transformers" : "diffusers");
  return fmtconv_failed (ctx) ? fmtconv_failed (ctx) : read_config (ctx, in, out);
}
