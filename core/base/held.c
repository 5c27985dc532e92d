/* core/base/held.c: messages that wait until it is known whether the conversion can start.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/held.h"
#include "core/base/state.h"
#include <string.h>

typedef struct held
{
  struct held *next;
  fmtconv_message message;
} held;

/* A message goes to the callback that was there when holding began; one that is only tried goes to another. */
typedef struct holder
{
  bool is_on;
  void (*callback) (void *arg, const fmtconv_message *message);
  held *first;
  held **end;
} holder;

static const fci_state_key holder_key = { "base/held.c", sizeof (holder) };

void
fci_messages_hold (fmtconv_ctx *ctx)
{
  holder *h = fci_state (ctx, &holder_key);
  if (h)
    *h = (holder){ .is_on = true, .callback = ctx->options.message, .end = &h->first };
}

/* Delivers the kept messages of that level or above (errors are the lowest number), and forgets all. */
static void
flush (fmtconv_ctx *ctx, holder *h, int level)
{
  for (const held *each = h->first; each; each = each->next)
    if (each->message.level <= level)
      h->callback (ctx->options.arg, &each->message);
  *h = (holder){ 0 };
}

void
fci_messages_release (fmtconv_ctx *ctx)
{
  holder *h = fci_state_find (ctx, &holder_key);
  if (h && h->is_on)
    flush (ctx, h, ctx->failed ? FMTCONV_MSG_WARNING : FMTCONV_MSG_NOTE);
}

static const char *
copy_text (fmtconv_ctx *ctx, const char *text)
{
  return text ? fci_strdup (ctx, text) : NULL;
}

/* The texts of a message live only as long as its callback; the lines below it, as long as the context. */
static held *
copy_message (fmtconv_ctx *ctx, const fmtconv_message *m)
{
  held *new = fci_new (ctx, held);
  const char **details = fmtconv_ctx_alloc (ctx, m->n_details + 1, sizeof *details);
  if (!new || !details)
    return NULL;
  if (m->n_details)
    memcpy (details, m->details, m->n_details * sizeof *details);
  new->message = *m;
  new->message.text = copy_text (ctx, m->text);
  new->message.what = copy_text (ctx, m->what);
  new->message.file = copy_text (ctx, m->file);
  new->message.plugin = copy_text (ctx, m->plugin);
  new->message.tensor = copy_text (ctx, m->tensor);
  new->message.hint = copy_text (ctx, m->hint);
  new->message.details = details;
  return ctx->failed ? NULL : new;
}

bool
fci_message_is_held (fmtconv_ctx *ctx, const fmtconv_message *message)
{
  holder *h = fci_state_find (ctx, &holder_key);
  if (!h || !h->is_on || h->callback != ctx->options.message)
    return false;
  if (message->level == FMTCONV_MSG_ERROR)
    {
      flush (ctx, h, FMTCONV_MSG_WARNING);
      return false;
    }
  held *new = copy_message (ctx, message);
  if (new)
    {
      *h->end = new;
      h->end = &new->next;
    }
  return true;
}
