/* SPDX-License-Identifier: BSD-3-Clause */
/* Between jf_dtmf.c (streams), jf_dtmf_ways.c (which CPU) and jf_dtmf_lanes.c (filters). */
#ifndef JF_DTMF_PRIV_H
#define JF_DTMF_PRIV_H

#include "jf_dtmf.h"

/* The way in use; set by jf_dtmf_init and jf_dtmf_use. */
extern jf_dtmf_blocks *jf_dtmf_blocks_best;

/* jf_dtmf_lanes.c, compiled for each. */
jf_dtmf_blocks jf_dtmf_blocks_sse2, jf_dtmf_blocks_sse41, jf_dtmf_blocks_avx2,
        jf_dtmf_blocks_avx512;

#endif
