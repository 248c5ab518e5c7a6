/* SPDX-License-Identifier: BSD-3-Clause */
/* A caller, the agent who serves it, and a third party. */
#ifndef TRANSFER_LAB_H
#define TRANSFER_LAB_H

#include "world.h"

#define CALLER 4000 /* media ports of the peers */
#define FIRST  5000
#define SECOND 6000

extern struct jf_leg *caller, *first;

/* Each test between the two: a caller talks with 1001; 1002 is ready. */
int set_up(void **state);
int tear_down(void **state);

/* The newest leg to that agent rings, and answers with that port. */
struct jf_leg *answers(const char *agent, uint16_t port);

/* By the ports of two peers. */
bool hears(uint16_t listener, uint16_t source);
bool hears_music(uint16_t listener);

/* The caller hangs up; its record is there. */
void over(void);

/* Of the last record; "" or 0 for what isn't there. */
const json_t *segment(size_t i);
const char *text(const json_t *json, const char *key);
json_int_t number(const json_t *json, const char *key);

#endif
