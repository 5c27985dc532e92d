/* core/kernel/quant/loops.h: everything that is compiled once a level, from the level's vectors.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The file that includes this defines TARGET, INLINE, LEVEL, LANES, the types vec, whole, mask and place, and
 * the functions v_…, w_…, m_… and p_… on them.  Everything else is written once, here and below, so that there
 * is one order of operations; compiled without contraction, it gives the same bytes on every level. */
#include "core/kernel/quant/super.h"

#include "core/kernel/quant/lanes.h"

#include "core/kernel/quant/columns.h"

#include "core/kernel/quant/affine.h"

#include "core/kernel/quant/scale.h"

#include "core/kernel/quant/three.h"

#include "core/kernel/quant/table.h"

#include "core/kernel/quant/round.h"

#include "core/kernel/quant/supers.h"

#include "core/kernel/quant/simple.h"

const fci_quant_level LEVEL = { .encode = {
                                    [2] = encode_q4_0,
                                    [3] = encode_q4_1,
                                    [6] = encode_q5_0,
                                    [7] = encode_q5_1,
                                    [8] = encode_q8_0,
                                    [10] = encode_q2_k,
                                    [11] = encode_q3_k,
                                    [12] = encode_q4_k,
                                    [13] = encode_q5_k,
                                    [14] = encode_q6_k,
                                    [20] = encode_iq4_nl,
                                    [23] = encode_iq4_xs,
                                    [34] = encode_tq1_0,
                                    [35] = encode_tq2_0,
                                    [39] = encode_mxfp4,
                                } };
