/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A dataplane without packets, at the contract's seam: a segment in a file, and a function that
 * carries out the commands which wait there, as a worker would between two bursts.
 */
#ifndef FAKE_DATAPLANE_H
#define FAKE_DATAPLANE_H

#include "jf_contract.h"

struct fake_dataplane {
	struct jf_contract contract;
	void *memory;
	uint64_t size;
	char path[96];
	uint32_t commands[JF_COMMAND_COUNT]; /* how many of each were taken */
	struct jf_command last[JF_COMMAND_COUNT];
	uint32_t order[JF_COMMAND_COUNT]; /* when the last of each was taken, counted over all */
	int32_t refuse[JF_COMMAND_COUNT]; /* answer these with that errno instead */
	uint32_t taken;
	char sounds[JF_CONTRACT_SOUNDS_MAX][JF_CONTRACT_PATH_MAX];
	bool slow_sounds;   /* leave SOUND commands in their ring */
	bool silent_events; /* emit no hints */
};

/* Puts a new segment in place of what is at path, as a started dataplane does. */
/* Of the dataplanes started from now on; to be put back by who changes it. */
extern struct jf_contract_shape fake_shape;

void fake_start(struct fake_dataplane *fake, const char *path, uint64_t now_ns);
void fake_stop(struct fake_dataplane *fake);

/* Beats and carries out at most that many commands of each ring; returns how many. */
uint32_t fake_run(struct fake_dataplane *fake, uint64_t now_ns, uint32_t most);

/* What a worker would do when packets arrive. */
void fake_media(struct fake_dataplane *fake, uint32_t endpoint, uint64_t packets, uint64_t now_ns);
void fake_rtcp(struct fake_dataplane *fake, uint32_t endpoint, uint32_t round_trip_us,
               int32_t remote_lost, uint64_t now_ns);
void fake_digit(struct fake_dataplane *fake, uint32_t endpoint, uint8_t event, uint64_t now_ns);
void fake_played(struct fake_dataplane *fake, uint32_t endpoint, uint64_t now_ns);
void fake_digits_sent(struct fake_dataplane *fake, uint32_t endpoint);
void fake_frame(struct fake_dataplane *fake, uint32_t endpoint, uint8_t level, uint64_t now_ns);

#endif
