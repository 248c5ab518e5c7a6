/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef JF_TEST_WORLD_PRIV_H
#define JF_TEST_WORLD_PRIV_H

#include "world.h"

/* Batches that were committed are reported as durable. */
void world_store_deliver(void);

/* Recordings that were ended are reported as closed. */
void world_recordings_report(void);

/* Nobody is registered. */
void world_sip_forget(void);

/* Nothing stored, recorded or loaded. */
void world_store_reset(void);
void world_parts_reset(void);

#endif
