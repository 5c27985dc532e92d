/* plugins/common/lora-name.h: the names that tools give to the tensors of a LoRA, as one table.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A name is a prefix (of the pipeline's component), the name of a module, and a suffix (the tensor's part).  The module's
 * components are joined by a separator that goes with the prefix. */
#ifndef LORA_NAME_H
#define LORA_NAME_H

#include <fmtconv/plugin.h>
#include <stdbool.h>

/* The part of an adapter that a tensor is. */
enum lora_part
{
  LORA_DOWN, /* lora_A: [rank, in, …] */
  LORA_UP,   /* lora_B: [out, rank, …] */
  LORA_MID,  /* the middle one of three factors: [rank, rank, …] */
  LORA_UP_BIAS,
  LORA_ALPHA,
  LORA_MAGNITUDE, /* of a DoRA: norms of rows or columns */
  LORA_DIFF,      /* added to the weight */
  LORA_DIFF_BIAS,
  LORA_SET, /* replaces the weight */
  LORA_SET_BIAS,
  LORA_HADA_W1_A, /* a LoHa: (w1_a w1_b) times (w2_a w2_b), element by element */
  LORA_HADA_W1_B,
  LORA_HADA_W2_A,
  LORA_HADA_W2_B,
  LORA_HADA_T1,
  LORA_HADA_T2,
  LORA_KRON_W1, /* a LoKr: the Kronecker product of w1 and w2, each of them full or w_a w_b */
  LORA_KRON_W1_A,
  LORA_KRON_W1_B,
  LORA_KRON_W2,
  LORA_KRON_W2_A,
  LORA_KRON_W2_B,
  LORA_KRON_T2,
  LORA_PARTS
};

/* The component of a pipeline that a prefix names. */
enum lora_component
{
  LORA_ANY,   /* the prefix names none */
  LORA_MODEL, /* the denoiser: a transformer or U-Net */
  LORA_TEXT,  /* text encoders, in order */
  LORA_TEXT_2,
  LORA_TEXT_3,
  LORA_COMPONENTS
};

/* A parsed name. */
struct lora_name
{
  size_t module;       /* length in bytes of prefix and module, the start of the name */
  const char *adapter; /* adapter_len bytes of the name */
  size_t adapter_len;  /* 0: no adapter name */
  int part;            /* enum lora_part */
  int is_embedding;    /* lora_embedding_A: the weight is [in, out] */
  int is_generic;      /* models that are not adapters have such names, too: ".alpha" */
  long long index;     /* in SAT: of the part of the weight's rows; else -1 */
};

/* Returns whether `name` ends as that of an adapter's tensor, and parses it into *parsed. */
bool lora_name_parse (const char *name, struct lora_name *parsed);

/* Returns whether the name of a module is that of a whole weight: a norm of queries or keys, by the authors' names of Flux. */
bool lora_is_scale (const char *module);

/* Returns the length of the name of a module before ".base_layer.weight": peft saves this weight of the model with an adapter of its
 * embedding.  0: another name.  (A bias with such a name was trained.) */
size_t lora_base_module (const char *name);

/* Returns the suffix of a part in the convention that most tools write: ".lora_A.weight". */
const char *lora_part_suffix (int part);

/* What peft puts in front of the name in the model. */
#define LORA_PEFT_PREFIX "base_model.model."

/* A convention of prefix and separator. */
struct lora_prefix
{
  const char *text;
  const char *separator; /* between the components of a module's name: "." or "_" or "$$" */
  int component;         /* enum lora_component */
};

/* Returns the entry of the longest prefix that `module` begins with, or NULL. */
const struct lora_prefix *lora_prefix_of (const char *module);

/* Returns the name of a module in its model: without one wrapper and one component's prefix, and sets *separator to that
 * of the prefix.  "model." and "module." are only removed in front of a component's prefix.
 *   keeps_component  remove nothing after peft's prefix: peft's names are those of the model */
const char *lora_name_in_model (const char *module, bool keeps_component, const char **separator);

/* Returns the component that the prefixes of a module name: enum lora_component. */
int lora_component_of (const char *module);

/* Returns the name of a component, for messages: "text_encoder". */
const char *lora_component_name (int component);

#endif
