/* plugins/torch/training.c: tells what training saves next to a model: optimizers, schedulers, random states.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/torch/scan.h"
#include "plugins/torch/training.h"
#include <string.h>
#include <strings.h>

enum
{
  LOOKED_AT = 256, /* bytes of a key; one memoized string can be the key of many values */
  LISTED = 64      /* items of a list of optimizers */
};

static const char *const optimizers[] = { "optim*", NULL };
static const char *const generators[] = { "rng", NULL };
static const char *const random_words[] = { "random", NULL };
static const char *const state_words[] = { "state", "states", NULL };

/* What is saved next to a model under these names may hold tensors, but is hardly ever the model. */
static const char *const others[] = { "sched*", "scaler", "frozen",  "hyper*",    "hparams", "callback*",
                                      "loops",  "loss*",  "metric*", "criterion", "history", "args",
                                      "config", "cfg",    "opt",     NULL };

static bool
is_word (const char *text, size_t n, const char *word)
{
  size_t len = strlen (word);
  if (word[len - 1] == '*')
    return n >= len - 1 && !strncasecmp (text, word, len - 1);
  return n == len && !strncasecmp (text, word, n);
}

bool
torch_key_has_word (const pk_value *key, const char *const *words)
{
  if (key->kind != PK_STRING || key->len > LOOKED_AT)
    return false;
  for (uint32_t i = 0, start = 0; i <= key->len; i++)
    {
      if (i < key->len && !memchr ("_-. ", key->v.s[i], 4))
        continue;
      for (const char *const *word = words; *word; word++)
        if (is_word (key->v.s + start, i - start, *word))
          return true;
      start = i + 1;
    }
  return false;
}

/* Returns the first item of a short list that holds tensors; other values themselves. */
static const pk_value *
first_holder (const pk_value *value)
{
  if ((value->kind == PK_LIST || value->kind == PK_TUPLE) && value->v.items->n <= LISTED)
    for (uint32_t i = 0; i < value->v.items->n; i++)
      if (torch_holds (&value->v.items->at[i]))
        return &value->v.items->at[i];
  return value;
}

/* torch.optim's state_dict() has the keys 'state' and 'param_groups'; a pickled optimizer has them as attributes.
 * Lightning keeps a list of them. */
bool
torch_looks_like_optimizer (const pk_value *value)
{
  value = first_holder (value);
  const pk_value *state = pk_has_role (value, ROLE_OPAQUE) ? &value->v.object->state : value;
  return state->kind == PK_DICT && state->v.items->n < 64 && pk_get (state, "param_groups")
         && pk_get (state, "state");
}

bool
torch_is_optimizer (const pk_value *key, const pk_value *value)
{
  return !pk_is_tensor (value)
         && (torch_key_has_word (key, optimizers) || torch_looks_like_optimizer (value));
}

bool
torch_is_known_state (const pk_value *key, const pk_value *value)
{
  return torch_is_optimizer (key, value) || pk_is (key, "frozen_param_fragments")
         || torch_key_has_word (key, generators)
         || (torch_key_has_word (key, random_words) && torch_key_has_word (key, state_words));
}

bool
torch_is_named_aside (const pk_value *key)
{
  return torch_key_has_word (key, others);
}
