/* core/base/held.c: messages that wait until it is known whether the conversion can start.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/error.h"
#include "core/base/held.h"
#include "core/base/state.h"

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
  held *new = fci_new (ctx, held);
  if (new &&fci_message_copy (ctx, message, &new->message))
    {
      *h->end = new;
      h->end = &new->next;
    }
  else if (new)
    fci_nomem (ctx);
  return true;
}
