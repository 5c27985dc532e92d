/* tests/contract/contract.c: what every plugin of the build must satisfy.
 * SPDX-License-Identifier: Apache-2.0 */
#include "core/base/ctx.h"
#include "core/convert/detect.h"
#include "core/model/freeze.h"
#include "core/model/model.h"
#include "core/model/new.h"
#include "core/plugin/params.h"
#include "core/plugin/registry.h"
#include "core/plugin/search.h"
#include "core/plugin/values.h"
#include "core/rules/rules.h"
#include "tests/contract/each.h"
#include <criterion/criterion.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum
{
  PEEK = 4096
};

static bool
is_line (const char *text)
{
  size_t n = text ? strlen (text) : 0;
  return n > 3 && n <= 110 && text[n - 1] != '.' && text[n - 1] != ' ' && !strchr (text, '\n')
         && !isspace ((unsigned char) *text);
}

Test (contract, descriptor)
{
  EACH_PLUGIN (plugin)
    {
      cr_expect (fci_plugin_name_ok (plugin->name, strlen (plugin->name)), "%s", plugin->name);
      cr_expect_str_eq (plugin->name, modules[number]->name);
      cr_expect (is_line (plugin->summary), "%s: summary '%s'", plugin->name, plugin->summary);
      cr_expect_eq (plugin->abi, FMTCONV_ABI);
    }
  fmtconv_ctx_free (ctx);
}

/* Every parameter is documented, has a key that can be typed, and has a separate field. */
static void
check_params (const char *name, const fmtconv_param *params)
{
  for (const fmtconv_param *p = params; p && p->key; p++)
    {
      bool several = p->type == FMTCONV_PARAM_PAIRS; /* "rule|keep" */
      size_t plain = strspn (p->key, &"|abcdefghijklmnopqrstuvwxyz0123456789-"[!several]);
      bool any = several && !strcmp (p->key, "*");
      cr_expect (any || (plain && (!p->key[plain] || !strcmp (p->key + plain, ".*"))), "%s: key '%s'", name,
                 p->key);
      cr_expect (is_line (p->help), "%s: help of '%s': '%s'", name, p->key, p->help ? p->help : "(none)");
      for (const fmtconv_param *q = params; q < p; q++)
        cr_expect (q->offset + fci_value_size (q->type) <= p->offset
                       || p->offset + fci_value_size (p->type) <= q->offset,
                   "%s: '%s' and '%s' share bytes", name, p->key, q->key);
    }
}

Test (contract, parameters)
{
  EACH_PLUGIN (plugin)
    {
      const fmtconv_param *tables[] = { plugin->reader ? plugin->reader->params : NULL,
                                        plugin->transform ? plugin->transform->params : NULL,
                                        plugin->writer ? plugin->writer->params : NULL };
      for (size_t i = 0; i < 3; i++)
        {
          check_params (plugin->name, tables[i]);
          cr_expect_not_null (fci_params_parse (ctx, plugin->name, tables[i], ""), "%s", h.error);
        }
    }
  fmtconv_ctx_free (ctx);
}

Test (contract, roles)
{
  EACH_PLUGIN (plugin)
    {
      const fmtconv_transform *t = plugin->transform;
      if (t && t->rules)
        cr_expect_eq (fci_rules_check (ctx, t->rules), 0, "%s: %s", plugin->name, h.error);
      if (t && t->kind)
        cr_expect_not_null (t->rules, "%s: a kind is recognized by rules, and the table is empty",
                            plugin->name);
      const char *suffixes = plugin->writer ? plugin->writer->suffixes : NULL;
      if (plugin->writer && !plugin->writer->is_folder)
        cr_expect (suffixes && (*suffixes == '.' || *suffixes == '/'), "%s: no output can be named for it",
                   plugin->name);
      if (plugin->reader)
        cr_expect (plugin->reader->probe || plugin->reader->magic_len, "%s: no file can be known as its own",
                   plugin->name);
    }
  fmtconv_ctx_free (ctx);
}

/* Rules claim nothing of a model that is empty or foreign. */
Test (contract, foreign_models)
{
  EACH_PLUGIN (plugin)
    {
      static const float zeroes[4];
      fci_recognition found;
      if (!plugin->transform || !plugin->transform->kind)
        continue;
      fmtconv_model *model = fci_model_new (ctx, NULL);
      cr_assert_eq (fci_model_freeze (model, "test"), 0);
      cr_expect_eq (fci_rules_recognize (plugin->transform->rules, model, &found), 0);
      cr_expect_eq (found.claimed, 0, "%s", plugin->name);
      model = fci_model_new (ctx, NULL);
      fmtconv_model_put (model, "x",
                         fmtconv_view_constant (ctx, FMTCONV_F32, 1, (const uint64_t[]){ 4 }, zeroes));
      cr_assert_eq (fci_model_freeze (model, "test"), 0);
      cr_expect_eq (fci_rules_recognize (plugin->transform->rules, model, &found), 0);
      cr_expect_eq (found.claimed, 0, "%s", plugin->name);
    }
  fmtconv_ctx_free (ctx);
}

/* ---- Probes get arbitrary bytes. These end at the end of an allocation, so that a memory checker detects
 * a read beyond them. */

static int
bid_on (const fmtconv_reader *reader, const char *base, const uint8_t *bytes, size_t len, uint64_t size)
{
  uint8_t *head = malloc (len ? len : 1), *tail = malloc (len ? len : 1);
  cr_assert (head && tail);
  memcpy (head, bytes, len);
  memcpy (tail, bytes, len);
  fmtconv_peek peek = { .path = base,
                        .base = base,
                        .head = head,
                        .tail = tail,
                        .head_len = len,
                        .tail_len = len,
                        .size = size,
                        .is_named = 1 };
  int bid = fci_bid (reader, &peek);
  cr_expect_eq (fci_bid (reader, &peek), bid, "the same bytes, another bid");
  free (head);
  free (tail);
  return bid;
}

/* Fills a block with pattern number k, which no format begins with. */
static void
fill (uint8_t *bytes, unsigned k)
{
  uint32_t state = 2463534242u + k;
  for (size_t i = 0; i < PEEK; i++)
    {
      state ^= state << 13;
      state ^= state >> 17;
      state ^= state << 5;
      bytes[i] = k == 0   ? 0
                 : k == 1 ? 0xff
                 : k == 2 ? (uint8_t) "not a model\n"[i % 12]
                          : (uint8_t) (state >> 8);
    }
}

Test (contract, probes_of_noise)
{
  static const size_t lengths[] = { 0, 1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 63, 64, 511, 512, PEEK };
  static const uint64_t sizes[] = { 0, 1, 4096, UINT64_MAX };
  static uint8_t bytes[PEEK];
  EACH_PLUGIN (plugin)
    {
      for (unsigned k = 0; plugin->reader && k < 12; k++)
        {
          fill (bytes, k);
          for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
            for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
              cr_expect_eq (bid_on (plugin->reader, "noise", bytes, lengths[i], sizes[s]), 0,
                            "%s claims %zu bytes of noise %u", plugin->name, lengths[i], k);
        }
    }
  fmtconv_ctx_free (ctx);
}

/* Beginnings of real formats, cut anywhere, and with wrong sizes: no crash, and a bid that is not larger
 * than the bytes that can be verified (except for a suffix). */
Test (contract, probes_of_hostile_heads)
{
  static const struct
  {
    const char *bytes;
    size_t len;
  } heads[] = {
    { "PK\3\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\377\377\377\377archive/data.pkl", 46 },
    { "PK\5\6\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 22 },
    { "\200\2\212\nl\374\234F\371 j\250P\31.\200\2M\351\3.", 20 },
    { "\200\4\225\377\377\377\377\377\377\377\377", 11 },
    { "\377\377\377\377\377\377\377\377{\"a\":{\"dtype\"", 22 },
    { "\0\0\0\0\0\0\0\0{", 9 },
    { "\1\0\0\0\0\0\0\0{", 9 },
    { "\10\0\0\0\0\0\0\0{}      ", 16 },
    { "\223NUMPY\1\0\377\377{'descr'", 18 },
    { "GGUF\3\0\0\0\377\377\377\377\377\377\377\377", 16 },
  };
  static const char *const bases[] = {
    "", "x", ".", "..", "\n\033[2J", "a.pt", "a.safetensors", "latest", "mp_rank_00_model_states.pt"
  };
  EACH_PLUGIN (plugin)
    {
      for (size_t k = 0; plugin->reader && k < sizeof heads / sizeof *heads; k++)
        for (size_t len = 0; len <= heads[k].len; len++)
          for (size_t b = 0; b < sizeof bases / sizeof *bases; b++)
            for (int lie = 0; lie < 2; lie++)
              {
                int bid = bid_on (plugin->reader, bases[b], (const uint8_t *) heads[k].bytes, len,
                                  lie ? UINT64_MAX : len);
                cr_expect_geq (bid, 0);
              }
    }
  fmtconv_ctx_free (ctx);
}

Test (contract, probes_of_folders)
{
  static char long_name[256];
  memset (long_name, 'a', sizeof long_name - 1);
  const char *const odd[] = { "", "\n", "..", long_name, "\377\376" };
  fmtconv_peek empty = { .path = "d", .base = "d", .is_folder = 1 };
  fmtconv_peek strange = empty;
  strange.entries = odd;
  strange.n_entries = sizeof odd / sizeof *odd;
  EACH_PLUGIN (plugin)
    {
      if (!plugin->reader)
        continue;
      cr_expect_eq (fci_bid (plugin->reader, &empty), 0, "%s claims an empty folder", plugin->name);
      cr_expect_eq (fci_bid (plugin->reader, &strange), 0, "%s claims a folder of junk", plugin->name);
    }
  fmtconv_ctx_free (ctx);
}
