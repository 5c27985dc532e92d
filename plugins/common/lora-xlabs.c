/* plugins/common/lora-xlabs.c: the modules of XLabs' LoRAs for Flux.1 under the names of diffusers.
 * SPDX-License-Identifier: Apache-2.0
 *
 * XLabs names the matrices after the processor of a block, and those of queries, keys and values are fused.  In a single
 * block they are for the first rows of linear1 only, which the authors' names cannot say.
 * Facts: XLabs-AI/x-flux, src/flux/modules/layers.py; diffusers, src/diffusers/loaders/lora_conversion_utils.py. */
#include "config.h"

#include "plugins/common/lora-translate.h"
#include "plugins/common/text.h"
#include <fmtconv/formats.h>
#include <stdlib.h>
#include <string.h>

enum
{
  MOST_PARTS = 3
};

/* A processor's module, and the modules that its rows are of. */
static const struct processor
{
  const char *block;
  const char *module;
  const char *end; /* of the module's name, which is read as the beginning of the matrices' suffix */
  const char *new_block;
  const char *part[MOST_PARTS];
} processors[] = {
  { "double_blocks.",
    ".processor.qkv_lora1",
    "",
    "transformer_blocks.",
    { "attn.to_q", "attn.to_k", "attn.to_v" } },
  { "double_blocks.",
    ".processor.qkv_lora2",
    "",
    "transformer_blocks.",
    { "attn.add_q_proj", "attn.add_k_proj", "attn.add_v_proj" } },
  { "double_blocks.", ".processor.proj_lora1", "", "transformer_blocks.", { "attn.to_out.0" } },
  { "double_blocks.", ".processor.proj_lora2", "", "transformer_blocks.", { "attn.to_add_out" } },
  { "single_blocks.",
    ".processor.qkv",
    "_lora",
    "single_transformer_blocks.",
    { "attn.to_q", "attn.to_k", "attn.to_v" } },
  { "single_blocks.", ".processor.proj", "_lora", "single_transformer_blocks.", { "proj_out" } },
};

enum
{
  N_PROCESSORS = sizeof processors / sizeof *processors
};

/* Finds the processor that a module is of, and the number of its block, n bytes of the name.  NULL: it is of none. */
static const struct processor *
find (const char *module, const char **number, size_t *n)
{
  const char *separator, *rest = lora_name_in_model (module, false, &separator);
  for (size_t i = 0; i < N_PROCESSORS; i++)
    {
      const struct processor *p = &processors[i];
      if (!text_starts_with (rest, p->block))
        continue;
      *number = rest + strlen (p->block);
      *n = strspn (*number, "0123456789");
      if (*n && strcmp (*number + *n, p->module) == 0)
        return p;
    }
  return NULL;
}

/* Checks that a group has nothing but two matrices, of which B has rows for n modules. */
static int
check (fmtconv_ctx *ctx, const struct lora_group *g, uint64_t n)
{
  const fmtconv_tensor *up = g->part[LORA_UP];
  for (int part = 0; part < LORA_PARTS; part++)
    if (g->part[part] && part != LORA_DOWN && part != LORA_UP && part != LORA_ALPHA)
      return fmtconv_fail_at (ctx, FMTCONV_E_UNSUPPORTED, &(fmtconv_where){ .tensor = g->part[part]->name },
                              "a processor of XLabs has only the matrices of a LoRA");
  if (!up || !g->part[LORA_DOWN])
    return fmtconv_fail (ctx, FMTCONV_E_MISSING, "'%s' lacks one of the two matrices", g->module);
  if (up->rank != 2 || up->shape[0] % n != 0)
    return fmtconv_fail_at (ctx, FMTCONV_E_FORMAT, &(fmtconv_where){ .tensor = up->name },
                            "its rows are not those of queries, keys and values");
  return 0;
}

/* Appends the modules of one processor. */
static int
split (fmtconv_ctx *ctx, const struct lora_group *g, const struct processor *p, const char *number, size_t n,
       struct lora_groups *out)
{
  const uint64_t parts = p->part[1] ? MOST_PARTS : 1;
  if (check (ctx, g, parts))
    return fmtconv_ctx_failed (ctx);
  const uint64_t rows = g->part[LORA_UP]->shape[0] / parts;
  for (uint64_t k = 0; k < parts; k++)
    {
      struct lora_group *one = &out->group[out->n++];
      *one = *g;
      one->module =
          fmtconv_ctx_printf (ctx, "transformer.%s%.*s.%s", p->new_block, (int) n, number, p->part[k]);
      one->part[LORA_UP] = lora_part_rows (ctx, g->part[LORA_UP], k * rows, rows);
    }
  return fmtconv_ctx_failed (ctx);
}

int
lora_xlabs_split (fmtconv_ctx *ctx, struct lora_groups *groups)
{
  const char *number;
  size_t n, found = 0;
  for (size_t i = 0; i < groups->n; i++)
    found += find (groups->group[i].module, &number, &n) != NULL;
  if (!found)
    return 0;
  struct lora_groups out = { .group = fmtconv_ctx_alloc (ctx, groups->n + (MOST_PARTS - 1) * found,
                                                         sizeof *out.group) };
  for (size_t i = 0; out.group && i < groups->n; i++)
    {
      const struct processor *p = find (groups->group[i].module, &number, &n);
      if (!p)
        out.group[out.n++] = groups->group[i];
      else if (split (ctx, &groups->group[i], p, number, n, &out))
        return fmtconv_ctx_failed (ctx);
    }
  groups->group = out.group;
  groups->n = out.n;
  return fmtconv_ctx_failed (ctx);
}

/* ---- The way back */

/* A module of diffusers, and which part of a processor it is. */
struct place
{
  const struct processor *processor;
  uint64_t number; /* of the block */
  unsigned part;
  uint32_t group;
};

/* Returns whether XLabs has a name for the module, and fills *out. */
static bool
find_place (const char *module, struct place *out)
{
  const char *separator, *rest = lora_name_in_model (module, false, &separator);
  for (size_t i = 0; i < N_PROCESSORS; i++)
    {
      const struct processor *p = &processors[i];
      if (!text_starts_with (rest, p->new_block))
        continue;
      char *end;
      const char *number = rest + strlen (p->new_block);
      *out = (struct place){ .processor = p, .number = strtoull (number, &end, 10) };
      for (; end > number && *end == '.' && out->part < MOST_PARTS && p->part[out->part]; out->part++)
        if (strcmp (end + 1, p->part[out->part]) == 0)
          return true;
    }
  return false;
}

static int
by_place (const void *left, const void *right)
{
  const struct place *a = left, *b = right;
  if (a->number != b->number)
    return a->number < b->number ? -1 : 1;
  if (a->processor != b->processor)
    return a->processor < b->processor ? -1 : 1;
  return a->part < b->part ? -1 : a->part > b->part;
}

/* Lists the places of the denoiser's groups in order.  Modules without one are an error that lists them. */
static int
list_places (fmtconv_ctx *ctx, const struct lora_groups *groups, struct place *places, size_t *n)
{
  size_t wrong = 0;
  for (size_t i = 0; i < groups->n; i++)
    {
      if (!lora_translates (&groups->group[i]))
        continue;
      if (!find_place (groups->group[i].module, &places[*n]))
        {
          fmtconv_detail (ctx, "'%s'", groups->group[i].module);
          wrong++;
        }
      places[(*n)++].group = (uint32_t) i;
    }
  if (wrong)
    return fmtconv_fail (
        ctx, FMTCONV_E_UNSUPPORTED,
        "XLabs names only the attentions of Flux.1; the LoRA also changes %zu other module%s:", wrong,
        wrong == 1 ? "" : "s");
  qsort (places, *n, sizeof *places, by_place);
  for (size_t i = 1; i < *n; i++)
    if (by_place (&places[i - 1], &places[i]) == 0)
      return fmtconv_fail (ctx, FMTCONV_E_UNSUPPORTED, "'%s' and '%s' are one module of XLabs",
                           groups->group[places[i - 1].group].module, groups->group[places[i].group].module);
  return 0;
}

/* Makes one group of the n places of a processor. */
static int
join (const struct lora_sources *sources, const struct place *places, size_t n, struct lora_group *out)
{
  const struct processor *p = places->processor;
  const fmtconv_tensor *up = sources->group[places->group]->part[LORA_UP];
  fmtconv_ctx *ctx = sources->facts->ctx;
  fmtconv_weight_rows *rows = fmtconv_ctx_alloc (ctx, MOST_PARTS, sizeof *rows);
  fmtconv_new_weight w = { .name = p->module, .rows = rows };
  if (!rows)
    return fmtconv_ctx_failed (ctx);
  for (unsigned part = 0; part < MOST_PARTS && p->part[part]; part++)
    rows[w.n++] =
        (fmtconv_weight_rows){ .weight = FMTCONV_NO_WEIGHT, .count = up && up->rank ? up->shape[0] : 0 };
  for (size_t i = 0; i < n; i++)
    {
      const fmtconv_tensor *own = sources->group[places[i].group]->part[LORA_UP];
      rows[places[i].part] =
          (fmtconv_weight_rows){ .weight = places[i].group, .count = own && own->rank ? own->shape[0] : 0 };
    }
  if (lora_parts_make (sources, &w, false, out))
    return fmtconv_ctx_failed (ctx);
  out->module = fmtconv_ctx_printf (ctx, "%s%llu%s%s", p->block, (unsigned long long) places->number,
                                    p->module, p->end);
  return fmtconv_ctx_failed (ctx);
}

int
lora_xlabs_join (struct lora_facts *facts, struct lora_groups *groups)
{
  fmtconv_ctx *ctx = facts->ctx;
  size_t n = 0;
  struct place *places = fmtconv_ctx_alloc (ctx, groups->n + 1, sizeof *places);
  const struct lora_group **group = fmtconv_ctx_alloc (ctx, groups->n + 1, sizeof *group);
  struct lora_groups out = { .group = fmtconv_ctx_alloc (ctx, groups->n + 1, sizeof *out.group) };
  if (!places || !group || !out.group || list_places (ctx, groups, places, &n))
    return fmtconv_ctx_failed (ctx);
  const struct lora_sources sources = { facts, group };
  for (size_t i = 0; i < groups->n; i++)
    {
      group[i] = &groups->group[i];
      if (!lora_translates (group[i]))
        out.group[out.n++] = *group[i];
    }
  for (size_t i = 0, same; i < n; i += same)
    {
      same = 1;
      while (i + same < n && places[i + same].processor == places[i].processor
             && places[i + same].number == places[i].number)
        same++;
      if (join (&sources, &places[i], same, &out.group[out.n++]))
        return fmtconv_ctx_failed (ctx);
    }
  groups->group = out.group;
  groups->n = out.n;
  return 0;
}
