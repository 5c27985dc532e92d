/* plugins/megatron/nemo.c: the configuration of NeMo as the arguments of Megatron.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Keys and defaults: NVIDIA/NeMo, nemo/collections/nlp/models/language_modeling/megatron_gpt_model.py (model_provider_func) and
 * megatron_base_model.py (build_transformer_config).  Without mcore_gpt, a gated layer is one matrix only for activations that
 * begin with "fast-" (nemo/collections/nlp/modules/common/megatron/mlp.py).  With megatron_legacy the rows of query_key_value have
 * the order of checkpoint_version 0 (attention.py there).  The keys of state dictionaries begin with "model.", and with
 * megatron_amp_O2 with "model.module.". */
#include "config.h"

#include "plugins/common/text.h"
#include "plugins/megatron/megatron.h"
#include <string.h>

#define CONFIG "model_config.yaml"

/* An argument with the same meaning as a key of NeMo. */
typedef struct same
{
  const char *argument, *key;
} same;

static const same keys[] = { { "tensor_model_parallel_size", "tensor_model_parallel_size" },
                             { "pipeline_model_parallel_size", "pipeline_model_parallel_size" },
                             { "virtual_pipeline_model_parallel_size",
                               "virtual_pipeline_model_parallel_size" },
                             { "expert_model_parallel_size", "expert_model_parallel_size" },
                             { "expert_tensor_parallel_size", "expert_tensor_parallel_size" },
                             { "num_layers", "num_layers" },
                             { "hidden_size", "hidden_size" },
                             { "ffn_hidden_size", "ffn_hidden_size" },
                             { "num_attention_heads", "num_attention_heads" },
                             { "num_query_groups", "num_query_groups" },
                             { "kv_channels", "kv_channels" },
                             { "max_position_embeddings", "max_position_embeddings" },
                             { "position_embedding_type", "position_embedding_type" },
                             { "rotary_base", "rotary_base" },
                             { "rotary_percent", "rotary_percentage" },
                             { "rotary_interleaved", "rotary_interleaved" },
                             { "rotary_seq_len_interpolation_factor", "seq_len_interpolation_factor" },
                             { "norm_epsilon", "layernorm_epsilon" },
                             { "num_experts", "num_moe_experts" },
                             { "moe_router_topk", "moe_router_topk" },
                             { "multi_latent_attention", "multi_latent_attention" },
                             { "q_lora_rank", "q_lora_rank" },
                             { "kv_lora_rank", "kv_lora_rank" },
                             { "qk_pos_emb_head_dim", "qk_pos_emb_head_dim" },
                             { "openai_gelu", "openai_gelu" },
                             { "activation", "activation" } };

/* Returns a member that is neither absent nor null; NULL: there is none. */
static fmtconv_attr *
value_of (fmtconv_attr *config, const char *key)
{
  fmtconv_attr *value = fmtconv_attr_get (config, key);
  return value && value->kind != FMTCONV_ATTR_NULL ? value : NULL;
}

/* Sets the arguments that no key of NeMo is. */
static void
derive (const megatron_load *load, fmtconv_attr *config)
{
  fmtconv_attr *args = load->args;
  const char *activation = fmtconv_attr_get_string (config, "activation", "gelu");
  const char *norm = fmtconv_attr_get_string (config, "normalization", "layernorm");
  const bool is_core = fmtconv_attr_get_int (config, "mcore_gpt", 0) != 0;
  const bool is_1p = !strcmp (norm, "layernorm1p");
  fmtconv_attr_set_bool (
      args, "swiglu", is_core ? text_ends_with (activation, "glu") : text_starts_with (activation, "fast-"));
  fmtconv_attr_set_bool (args, "squared_relu", !strcmp (activation, "squared-relu"));
  fmtconv_attr_set_bool (args, "bias_gelu_fusion",
                         fmtconv_attr_get_int (config, "bias_activation_fusion", 1) != 0);
  fmtconv_attr_set_bool (args, "group_query_attention", value_of (config, "num_query_groups") != NULL);
  fmtconv_attr_set_bool (args, "untie_embeddings_and_output_weights",
                         !fmtconv_attr_get_int (config, "share_embeddings_and_output_weights", 1));
  fmtconv_attr_set_bool (args, "apply_layernorm_1p", is_1p);
  fmtconv_attr_set_string (args, "normalization",
                           !strcmp (norm, "rmsnorm")              ? "RMSNorm"
                           : is_1p || !strcmp (norm, "layernorm") ? "LayerNorm"
                                                                  : norm);
}

int
megatron_read_config (megatron_load *load)
{
  const char *why = NULL;
  if (!fmtconv_input_has (load->folder, CONFIG))
    return fmtconv_ctx_failed (load->ctx)
               ? fmtconv_ctx_failed (load->ctx)
               : fmtconv_fail_at (
                   load->ctx, FMTCONV_E_MISSING,
                   &(fmtconv_where){ .hint = "put " CONFIG " of the archive next to the folders" },
                   "no " CONFIG " in %s, which says how tensors are divided over the ranks",
                   fmtconv_input_path (load->folder));
  fmtconv_input *file = fmtconv_input_child (load->folder, CONFIG);
  fmtconv_cursor c = fmtconv_cursor_start (fmtconv_input_open (file));
  fmtconv_attr *config = c.source ? fmtconv_cursor_take_yaml (&c, c.end, &why) : NULL;
  load->args = fmtconv_attr_object (load->ctx);
  if (fmtconv_ctx_failed (load->ctx))
    return fmtconv_ctx_failed (load->ctx);
  if (!config || config->kind != FMTCONV_ATTR_OBJECT)
    return fmtconv_fail_at (load->ctx, FMTCONV_E_FORMAT, &(fmtconv_where){ .source = c.source },
                            "it does not say how many ranks there are, and how tensors are divided (%s)",
                            why ? why : "it is not a map");
  fmtconv_attr_set_float (load->args, "norm_epsilon", 1e-5);
  fmtconv_attr_set_int (load->args, "rotary_base", 10000);
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
    if (value_of (config, keys[i].key))
      fmtconv_attr_set (load->args, keys[i].argument, value_of (config, keys[i].key));
  derive (load, config);
  /* The version of Megatron whose order of queries, keys and values the file has. */
  load->version = fmtconv_attr_get_int (config, "megatron_legacy", 0) ? 0 : 3;
  return fmtconv_ctx_failed (load->ctx);
}

const char *
megatron_plain_name (const megatron_load *load, const char *name)
{
  if (load->is_nemo && text_starts_with (name, "model."))
    name += strlen ("model.");
  return load->is_nemo && text_starts_with (name, "module.") ? name + strlen ("module.") : name;
}
