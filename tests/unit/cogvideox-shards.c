/* tests/unit/cogvideox-shards.c: into which files the full models are cut, as the reference cuts them.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The numbers are what huggingface_hub's split_torch_state_dict_into_shards says of diffusers' state dicts.
 */
#include "core/pipeline/pipeline.h"
#include "tests/unit/cogvideox-maps.h"
#include <criterion/criterion.h>
#include <inttypes.h>
#include <string.h>

TestSuite (cogvideox_shards, .timeout = 60);

enum
{
  SHARDS = 6
};

typedef struct cut
{
  const char *cast; /* parameters of cast; NULL: the 16 bits that the checkpoint has */
  const char *size; /* most bytes of a file, as typed */
  uint64_t total;   /* bytes */
  size_t tensors[SHARDS];
} cut;

/* Its tensors' number; their bytes are added. */
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

/* The index says the sum, and there is one only of several files. */
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
  char name[64];
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

static void
check_cut (const char *model, const char *transform, const cut *c)
{
  map m;
  map_read (model, &m);
  fmtconv_ctx *ctx = m.w->ctx;
  const fmtconv_model *out = fci_stage_transform (ctx, maps_transform (m.w, transform), "", m.in);
  if (out && c->cast)
    out = fci_stage_transform (ctx, maps_transform (m.w, "cast"), c->cast, out);
  cr_assert_not_null (out, "%s", m.w->said);
  const char *params = fmtconv_text (ctx, "max-shard-size=%s", c->size);
  const fmtconv_layout *layout =
      fci_stage_write (ctx, maps_writer (m.w, "diffusers"), params, out, fci_layout_new_folder (ctx, "out"));
  cr_assert_not_null (layout, "%s", m.w->said);
  check_layout (layout, c);
  map_free (&m);
}

/* A table that ends with {0}. */
static void
check_cuts (const char *model, const char *transform, const cut *c)
{
  for (; c->size; c++)
    check_cut (model, transform, c);
}

Test (cogvideox_shards, transformer_2b)
{
  check_cuts ("CogVideoX-2B", "cogvideox-transformer",
              (const cut[]){ { NULL, "5GB", 3387567744, { 736 } },
                             { NULL, "10GB", 3387567744, { 736 } },
                             { "to=f32", "5GB", 6775135488, { 544, 192 } },
                             { "to=f32", "10GB", 6775135488, { 736 } },
                             { 0 } });
}

Test (cogvideox_shards, transformer_5b)
{
  check_cuts ("CogVideoX-5B", "cogvideox-transformer",
              (const cut[]){ { NULL, "5GB", 11140566144, { 462, 454, 108 } },
                             { "to=bf16", "5GB", 11140566144, { 462, 454, 108 } },
                             { NULL, "10GB", 11140566144, { 916, 108 } },
                             { "to=f32", "5GB", 22281132288, { 238, 224, 228, 226, 108 } },
                             { "to=f32", "10GB", 22281132288, { 462, 454, 108 } },
                             { 0 } });
}

Test (cogvideox_shards, transformer_5b_i2v)
{
  check_cuts ("CogVideoX-5B-I2V", "cogvideox-transformer",
              (const cut[]){ { NULL, "5GB", 11250175104, { 457, 452, 116 } },
                             { NULL, "10GB", 11250175104, { 911, 114 } },
                             { 0 } });
}

Test (cogvideox_shards, transformer_15_5b)
{
  check_cuts ("CogVideoX1.5-5B", "cogvideox-transformer",
              (const cut[]){ { NULL, "5GB", 11141352704, { 462, 454, 108 } },
                             { NULL, "10GB", 11141352704, { 916, 108 } },
                             { 0 } });
}

Test (cogvideox_shards, transformer_15_5b_i2v)
{
  check_cuts ("CogVideoX1.5-5B-I2V", "cogvideox-transformer",
              (const cut[]){ { NULL, "5GB", 11143189760, { 466, 454, 108 } },
                             { NULL, "10GB", 11143189760, { 920, 108 } },
                             { 0 } });
}

/* It is made 32 bits wide, whatever it was read from. */
Test (cogvideox_shards, vae)
{
  check_cuts (
      "VAE", "cogvideox-vae",
      (const cut[]){ { NULL, "5GB", 862335628, { 436 } }, { "to=bf16", "5GB", 431167814, { 436 } }, { 0 } });
}
