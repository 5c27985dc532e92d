/* plugins/torch/training.c: tells what training saves next to a model: optimizers, schedulers, random states.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

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
  if (!n || (*text | 0x20) != *word) /* many keys are compared with many words */
    return false;
  size_t len = strlen (word);
  if (word[len - 1] == '*')
    return n >= len - 1 && !strncasecmp (text, word, len - 1);
  return n == len && !strncasecmp (text, word, n);
}

bool
torch_key_has_word (const fmtconv_value *key, const char *const *words)
{
  size_t n;
  const char *text = fmtconv_value_text (key, &n);
  if (fmtconv_value_kind (key) != FMTCONV_VALUE_STRING || n > LOOKED_AT)
    return false;
  for (size_t i = 0, start = 0; i <= n; i++)
    {
      if (i < n && !memchr ("_-. ", text[i], 4))
        continue;
      for (const char *const *word = words; *word; word++)
        if (is_word (text + start, i - start, *word))
          return true;
      start = i + 1;
    }
  return false;
}

/* Returns the first item of a short list that holds tensors; other values themselves. */
static const fmtconv_value *
first_holder (const torch_scan *scan, const fmtconv_value *value)
{
  const unsigned kind = fmtconv_value_kind (value);
  const size_t n = fmtconv_value_count (value);
  if ((kind == FMTCONV_VALUE_LIST || kind == FMTCONV_VALUE_TUPLE) && n <= LISTED)
    for (size_t i = 0; i < n; i++)
      if (torch_holds (scan, fmtconv_value_at (value, i)))
        return fmtconv_value_at (value, i);
  return value;
}

/* torch.optim's state_dict() has the keys 'state' and 'param_groups'; a pickled optimizer has them as attributes.
 * Lightning keeps a list of them. */
bool
torch_looks_like_optimizer (const torch_scan *scan, const fmtconv_value *value)
{
  value = first_holder (scan, value);
  const bool is_object = fmtconv_value_kind (value) == FMTCONV_VALUE_OBJECT;
  const fmtconv_value *state = is_object ? fmtconv_value_state (value) : value;
  return fmtconv_value_kind (state) == FMTCONV_VALUE_DICT && fmtconv_value_count (state) < 32
         && fmtconv_value_find (state, "param_groups") && fmtconv_value_find (state, "state");
}

bool
torch_is_optimizer (const torch_scan *scan, const fmtconv_value *key, const fmtconv_value *value)
{
  return !torch_is_tensor (scan, value)
         && (torch_key_has_word (key, optimizers) || torch_looks_like_optimizer (scan, value));
}

bool
torch_is_known_state (const torch_scan *scan, const fmtconv_value *key, const fmtconv_value *value)
{
  return torch_is_optimizer (scan, key, value) || fmtconv_value_is (key, "frozen_param_fragments")
         || torch_key_has_word (key, generators)
         || (torch_key_has_word (key, random_words) && torch_key_has_word (key, state_words));
}

bool
torch_is_named_aside (const fmtconv_value *key)
{
  return torch_key_has_word (key, others);
}
