/* core/kernel/quant/loops.h: all code that is compiled once per level, from the level's vectors.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The file that includes this defines TARGET, INLINE, LEVEL, LANES, the types vec, whole, mask and place, and
 * the functions v_…, w_…, m_… and p_… on them.  All other code is shared, so that the order of operations is
 * fixed; compiled without contraction, it gives the same bytes on every level. */
#include "core/kernel/quant/superblock.h"

#include "core/kernel/quant/lanes.h"

#include "core/kernel/quant/columns.h"

#include "core/kernel/quant/search_affine.h"

#include "core/kernel/quant/search_scale.h"

#include "core/kernel/quant/search_q3k.h"

#include "core/kernel/quant/search_table.h"

#include "core/kernel/quant/round.h"

#include "core/kernel/quant/simple.h"

#include "core/kernel/quant/superblock_loops.h"

#include "core/kernel/quant/weighted.h"

#include "core/kernel/quant/encoders.h"
