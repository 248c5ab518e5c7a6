/* SPDX-License-Identifier: BSD-3-Clause */
/* A caller, the agent who serves it, and a third party. */
#ifndef TRANSFER_LAB_H
#define TRANSFER_LAB_H

#include "world.h"

#define CALLER 4000 /* media ports of the peers */
#define FIRST  5000
#define SECOND 6000

extern struct jf_leg *caller, *first;

/* cmocka's setup (the teardown is world_tear_down): a caller talks with 1001; 1002 is ready. */
int set_up(void **state);

bool hears_music(uint16_t listener); /* by its port */

/* The caller hangs up; its record is there. */
void over(void);

/* Of the last record; "" or 0 for what isn't there. */
const json_t *segment(size_t i);
const char *text(const json_t *json, const char *key);
json_int_t number(const json_t *json, const char *key);

#endif
