/* core/pickle/fold.c: objects whose parts are given back, and made again when they are asked for.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/scratch.h"
#include "core/pickle/fold.h"

/* Returns whether the next opcode puts the topmost value into a slot of the memo that is fetched. */
static bool
is_fetched_later (const fci_pickle_machine *m)
{
  const uint8_t *at = m->bytes + m->pos;
  const uint32_t left = m->size - m->pos;
  if (left == 0 || !fci_pickle_is_put (*at))
    return false;
  uint64_t slot = *at == FCI_PICKLE_MEMOIZE ? m->memoized : 0;
  const unsigned width = *at == FCI_PICKLE_BINPUT ? 1 : *at == FCI_PICKLE_LONG_BINPUT ? 4 : 0;
  if (width >= left)
    return false;
  for (unsigned i = width; i > 0; i--)
    slot = slot << 8 | at[i];
  return fci_pickle_memory_slot (m->memory, slot) != NULL;
}

/* An object is folded once: a file could change it again and again, and have it made for each change. */
void
fci_pickle_fold (fci_pickle_machine *m, fci_pickle_object *object, fci_pickle_start start)
{
  const uint32_t length = m->pos - start.pos, nodes = m->nodes - start.nodes;
  if (m->is_second || m->memory->memo.is_repeated || object->length || object->is_shared
      || start.pos < m->pinned || length > FCI_PICKLE_MAX_FOLD || nodes > FCI_PICKLE_MAX_FOLDED
      || is_fetched_later (m))
    return;
  const fci_pickle_parts *parts = object->at.parts;
  const uint32_t memoized = m->memoized - fci_pickle_count_puts (m->bytes, start.pos, m->pos);
  object->is_bare = !parts->more && parts->state.kind == FMTCONV_VALUE_NONE;
  fci_pickle_memory_give_parts (m->memory, object);
  object->is_folded = true;
  object->at.memory = m->memory;
  object->made = object->u.offset - start.pos;
  object->u.memoized = memoized;
  object->start = start.pos;
  object->length = length;
  object->before = object->node - start.nodes;
}

/* Keeps what a scratch ends with apart from an object that outlives it. */
typedef struct unfolded
{
  fci_pickle_object *object;
  fci_pickle_memory *memory;
  uint32_t memoized;
} unfolded;

static void
refold (void *arg)
{
  const unfolded *u = arg;
  u->object->is_folded = true;
  u->object->at.memory = u->memory;
  u->object->u.memoized = u->memoized;
}

/* Arranges that the object is folded again when the innermost scratch ends, in which its parts are.  Returns whether there is
 * memory. */
static bool
refold_later (fci_pickle_object *object)
{
  fmtconv_ctx *ctx = object->at.memory->ctx;
  if (!ctx->scratch)
    return true;
  unfolded *u = fmtconv_scratch_alloc (ctx, 1, sizeof *u);
  if (!u)
    return false;
  *u = (unfolded){ .object = object, .memory = object->at.memory, .memoized = object->u.memoized };
  return !fci_scratch_defer (ctx, refold, u);
}

fci_pickle_parts *
fci_pickle_parts_of (fci_pickle_object *object)
{
  if (!object->is_folded)
    return object->at.parts;
  const fci_pickle_start start = { object->start, object->node - object->before };
  const fci_pickle_object *again =
      fci_pickle_run_again (object->at.memory, start, object->u.memoized, start.pos + object->length);
  if (!again || !refold_later (object))
    return NULL;
  object->u.offset = fci_pickle_offset_of (object);
  object->is_folded = false;
  return object->at.parts = again->at.parts;
}
