/* core/kernel/quant/encoders.h: the encoders of all types.
 * SPDX-License-Identifier: Apache-2.0 */

/* Defines the encoder of a type that always uses a search. */
#define SEARCHED(type, elements, zeros)                                                              \
  static TARGET void encode_##type (const float *x, size_t n, const float *importance, uint8_t *out) \
  {                                                                                                  \
    static const encoder mode = {                                                                    \
      elements, sizeof (fci_##type), zeros, false, search_##type, finish_##type                      \
    };                                                                                               \
    encode_rounds (&mode, x, n, importance, out);                                                    \
  }

/* Defines the encoder of a type that uses a search with importance weights. */
#define SEARCHED_IF_WEIGHED(type)                                                                    \
  static TARGET void encode_##type (const float *x, size_t n, const float *importance, uint8_t *out) \
  {                                                                                                  \
    static const encoder mode = { FCI_BLOCK, sizeof (fci_##type),   false,                           \
                                  true,      search_weighed_##type, finish_weighed_##type };         \
    if (importance)                                                                                  \
      encode_rounds (&mode, x, n, importance, out);                                                  \
    else                                                                                             \
      plain_##type (x, n, out);                                                                      \
  }

/* Defines the encoder of a type without a search. */
#define PLAIN(type)                                                                                  \
  static TARGET void encode_##type (const float *x, size_t n, const float *importance, uint8_t *out) \
  {                                                                                                  \
    (void) importance;                                                                               \
    plain_##type (x, n, out);                                                                        \
  }

SEARCHED (q2_k, FCI_SUPER, true)
SEARCHED (q3_k, FCI_SUPER, true)
SEARCHED (q4_k, FCI_SUPER, true)
SEARCHED (q5_k, FCI_SUPER, true)
SEARCHED (q6_k, FCI_SUPER, true)
SEARCHED (iq4_nl, FCI_BLOCK, false)
SEARCHED (iq4_xs, FCI_SUPER, false)
SEARCHED_IF_WEIGHED (q4_0)
SEARCHED_IF_WEIGHED (q4_1)
SEARCHED_IF_WEIGHED (q5_0)
SEARCHED_IF_WEIGHED (q5_1)
PLAIN (q8_0)
PLAIN (tq1_0)
PLAIN (tq2_0)
PLAIN (mxfp4)

/* clang-format off */
const fci_quant_level LEVEL = { .scale = scale_codes, .encode = {
  [2] = encode_q4_0, [3] = encode_q4_1, [6] = encode_q5_0, [7] = encode_q5_1, [8] = encode_q8_0,
  [10] = encode_q2_k, [11] = encode_q3_k, [12] = encode_q4_k, [13] = encode_q5_k, [14] = encode_q6_k,
  [20] = encode_iq4_nl, [23] = encode_iq4_xs, [34] = encode_tq1_0, [35] = encode_tq2_0, [39] = encode_mxfp4
} };
/* clang-format on */
