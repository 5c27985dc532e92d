/* tests/unit/cogvideox-shards.c: the files of the full models, divided as by the reference.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The numbers are in tests/data/maps/shards.tsv, which tests/interop/test_shards.py holds to what huggingface_hub
 * makes of diffusers' state dicts.
 */
#include "core/convert/link.h"
#include "core/convert/stage.h"
#include "core/layout/names.h"
#include "tests/unit/cogvideox-maps.h"
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite (cogvideox_shards, .timeout = 60);

enum
{
  SHARDS = 6
};

typedef struct cut
{
  char model[32];
  char transform[32];
  char cast[8]; /* "-": the type that the transform chooses */
  char size[8]; /* largest size of a file, as typed */
  uint64_t total;
  size_t tensors[SHARDS];
} cut;

/* Returns the number of tensors; their bytes are added. */
static size_t
count_tensors (const fmtconv_file *file, uint64_t *bytes)
{
  size_t n = 0;
  for (const fci_region *r = file->first; r; r = r->next)
    if (r->kind == FCI_REGION_TENSOR)
      {
        *bytes += r->size;
        n++;
      }
  return n;
}

static const fmtconv_file *
find_file (const fmtconv_layout *layout, const char *name)
{
  for (const fmtconv_file *file = layout->first; file; file = file->next)
    if (strcmp (file->name, name) == 0)
      return file;
  return NULL;
}

/* The index has the total size, and exists only for several files. */
static void
check_index (const fmtconv_layout *layout, bool wanted, uint64_t total)
{
  char line[64];
  const fmtconv_file *file = find_file (layout, "diffusion_pytorch_model.safetensors.index.json");
  cr_assert_eq (file != NULL, wanted);
  if (!wanted)
    return;
  snprintf (line, sizeof line, "\"total_size\": %" PRIu64 "\n", total);
  cr_assert_eq (file->first->kind, FCI_REGION_LITERAL);
  cr_expect_not_null (memmem (file->first->u.bytes, file->first->size, line, strlen (line)), "%s", line);
}

static void
check_layout (const fmtconv_layout *layout, const cut *c)
{
  char name[80];
  size_t n = 0;
  uint64_t total = 0;
  while (n < SHARDS && c->tensors[n])
    n++;
  for (size_t i = 0; i < n; i++)
    {
      snprintf (name, sizeof name, "diffusion_pytorch_model-%05zu-of-%05zu.safetensors", i + 1, n);
      const fmtconv_file *file = find_file (layout, n == 1 ? "diffusion_pytorch_model.safetensors" : name);
      cr_assert_not_null (file, "%s", name);
      cr_expect_eq (count_tensors (file, &total), c->tensors[i], "%s", name);
    }
  cr_expect_eq (total, c->total, "%" PRIu64, total);
  check_index (layout, n > 1, c->total);
  cr_expect_not_null (find_file (layout, "config.json"));
  cr_expect_eq (layout->n_files, n + 1 + (n > 1));
}

static const fmtconv_model *
transformed (world *w, const char *name, const char *params, const fmtconv_model *in)
{
  fci_link link;
  cr_assert_eq (fci_link_make (w->ctx, FCI_TRANSFORM, maps_transform (w, name), params, &link), 0);
  return fci_stage_transform (w->ctx, &link, in);
}

static void
check_cut (const cut *c)
{
  map m;
  map_read (c->model, &m);
  fmtconv_ctx *ctx = m.w->ctx;
  const fmtconv_model *out = transformed (m.w, c->transform, "", m.in);
  if (out && c->cast[0] != '-')
    out = transformed (m.w, "cast", fmtconv_ctx_printf (ctx, "to=%s", c->cast), out);
  cr_assert_not_null (out, "%s", m.w->said);
  const char *params = fmtconv_ctx_printf (ctx, "max-shard-size=%s", c->size);
  fci_link writer;
  cr_assert_eq (fci_link_make (ctx, FCI_WRITER, maps_writer (m.w, "diffusers"), params, &writer), 0);
  const fmtconv_layout *layout = fci_stage_write (ctx, &writer, out, fci_layout_new_folder (ctx, "out"));
  cr_assert_not_null (layout, "%s", m.w->said);
  check_layout (layout, c);
  map_free (&m);
}

/* A line of the table. */
static cut
parse_cut (char *line)
{
  cut c = { 0 };
  int end = 0, n = sscanf (line, "%31s %31s %7s %7s %" SCNu64 " %n", c.model, c.transform, c.cast, c.size,
                           &c.total, &end);
  cr_assert_eq (n, 5, "%s", line);
  for (size_t i = 0; i < SHARDS && line[end]; i++)
    {
      char *rest;
      c.tensors[i] = strtoull (line + end, &rest, 10);
      end = (int) (rest - line) + (*rest == ',' || *rest == '\n');
    }
  cr_assert_eq (line[end], 0, "%s", line);
  return c;
}

/* Checks the table's lines of one model; there must be at least one. */
static void
check_cuts (const char *model)
{
  char line[256];
  size_t n = 0;
  FILE *table = fopen (TEST_MAPS "/shards.tsv", "r");
  cr_assert_not_null (table);
  cr_assert (fgets (line, sizeof line, table)); /* the head */
  while (fgets (line, sizeof line, table))
    {
      cut c = parse_cut (line);
      if (strcmp (c.model, model))
        continue;
      check_cut (&c);
      n++;
    }
  fclose (table);
  cr_expect_geq (n, 2, "%s", model);
}

Test (cogvideox_shards, transformer_2b)
{
  check_cuts ("CogVideoX-2B");
}

Test (cogvideox_shards, transformer_5b)
{
  check_cuts ("CogVideoX-5B");
}

Test (cogvideox_shards, transformer_5b_i2v)
{
  check_cuts ("CogVideoX-5B-I2V");
}

Test (cogvideox_shards, transformer_15_5b)
{
  check_cuts ("CogVideoX1.5-5B");
}

Test (cogvideox_shards, transformer_15_5b_i2v)
{
  check_cuts ("CogVideoX1.5-5B-I2V");
}

/* The output has 32 bits, whatever the input has. */
Test (cogvideox_shards, vae)
{
  check_cuts ("VAE");
}
