/* What one call of hybrid._fast may add up. SPDX-License-Identifier: MIT */
#ifndef HYBRID_FAST_H
#define HYBRID_FAST_H

#define HYBRID_FAST_MAX_PRECISION 9

#endif
