/* core/plugin/agree.c: compares an entry of the index with the descriptor of its module.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/plugin/agree-rules.h"
#include "core/plugin/agree.h"
#include "core/plugin/codec.h"
#include <string.h>

/* A value as the two say it; NULL: it is not there. */
typedef struct pair
{
  const char *what;
  const char *known;
  const char *own;
} pair;

static const char *
truth (bool is_true)
{
  return is_true ? "yes" : NULL;
}

static const char *
number (fmtconv_ctx *ctx, int value)
{
  return value ? fmtconv_ctx_printf (ctx, "%d", value) : NULL;
}

static bool
same (const pair *p)
{
  return !p->known == !p->own && (!p->known || strcmp (p->known, p->own) == 0);
}

/* Returns the text for the first pair that differs. */
static const char *
first_of (fmtconv_ctx *ctx, const pair *pairs, size_t n)
{
  for (size_t i = 0; i < n; i++)
    if (!same (&pairs[i]))
      return fmtconv_ctx_printf (ctx, "%s is '%s' in the index, and '%s' in the module", pairs[i].what,
                                 pairs[i].known ? pairs[i].known : "", pairs[i].own ? pairs[i].own : "");
  return NULL;
}

const char *
fci_index_disagrees (fmtconv_ctx *ctx, const fci_index_entry *entry, const fmtconv_plugin *plugin)
{
  static const fmtconv_reader no_reader;
  static const fmtconv_transform no_transform;
  static const fmtconv_writer no_writer;
  const fmtconv_plugin *known = &entry->plugin;
  const fmtconv_reader *r = known->reader ? known->reader : &no_reader,
                       *reader = plugin->reader ? plugin->reader : &no_reader;
  const fmtconv_transform *t = known->transform ? known->transform : &no_transform,
                          *transform = plugin->transform ? plugin->transform : &no_transform;
  const fmtconv_writer *w = known->writer ? known->writer : &no_writer,
                       *writer = plugin->writer ? plugin->writer : &no_writer;
  const pair pairs[] = {
    { "reader", truth (known->reader), truth (plugin->reader) },
    { "transform", truth (known->transform), truth (plugin->transform) },
    { "writer", truth (known->writer), truth (plugin->writer) },
    { "codec", truth (known->codec), truth (plugin->codec) },
    { "transport", truth (known->transport), truth (plugin->transport) },
    { "types of the codec", fci_codec_text (ctx, known->codec), fci_codec_text (ctx, plugin->codec) },
    { "suffixes of the reader", r->suffixes, reader->suffixes },
    { "kind", t->kind, transform->kind },
    { "precedence", number (ctx, t->precedence), number (ctx, transform->precedence) },
    { "joins", t->joins, transform->joins },
    { "writer of the transform", t->writer, transform->writer },
    { "suffixes of the writer", w->suffixes, writer->suffixes },
    { "folder of the writer", truth (w->is_folder), truth (writer->is_folder) },
  };
  const char *text = first_of (ctx, pairs, sizeof pairs / sizeof *pairs);
  return text || !t->kind ? text : fci_rules_disagree (ctx, t->rules, transform->rules);
}
