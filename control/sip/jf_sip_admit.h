/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who is served when not everybody can be: between the UDP sockets and the stack. Loop thread only.
 *
 * Each datagram is looked at (jf_sip_peek.h) before anything is allocated for it. What sets up a
 * call goes before what ends one; in overload all that is in dialogs goes before new calls
 * (jf_sip_line.c). A new call of a trunk is let in or told 503 with Retry-After at once
 * (jf_sip_overload.h decides), from its bytes alone; one that was let in and has stood in line for
 * too long is told 503, too, and not served late. What was said to a transaction is said again when
 * it is sent again. An address that is no trunk's may send only so much a second
 * (jf_sip_sources.h); beyond that its requests are dropped. Over TCP and TLS the same decision is
 * taken on the parsed request.
 *
 * Lines are bounded in number and bytes; what doesn't fit is refused or dropped, and counted.
 */
#ifndef JF_SIP_ADMIT_H
#define JF_SIP_ADMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "jf_sip_why.h"

/* Of waits: bucket b holds those below 2^b * 16 us. A wait is how long past its due time something
 * was served or told 503: most of a dialog is due 100 ms after it came (jf_sip_line.c). */
#define JF_SIP_WAIT_BUCKETS 20u

struct jf_sip_load {
	bool overload;           /* new calls are being refused for it */
	uint8_t loss_percent;    /* what peers that listen are told to leave out (RFC 7339) */
	double calls_per_second; /* let in while there is overload */
	double call_us;          /* what a call has cost the loop lately */
	double busy_share;       /* of the loop's time, 50 ms ago */
	uint64_t began;          /* times that overload has begun */
	uint64_t calls;          /* let in */
	uint64_t urgent;         /* responses and requests in dialogs */
	uint64_t others;         /* REGISTER and so on, let in */
	uint64_t refused[JF_SIP_WHY_DOOR_END]; /* by enum jf_sip_why */
	uint64_t refused_again;                /* retransmissions of what had been refused */
	uint64_t others_refused;               /* 503 too, or dropped where no answer is possible */
	uint64_t limited;                      /* dropped: a stranger beyond its rate */
	uint64_t dropped; /* no room in the line of what is urgent, or too long */
	uint32_t waiting; /* now */
	uint64_t waits[JF_SIP_WAIT_BUCKETS];
};

/* A share (0..1) of the waits were at most so many ns; 0 if there were none. */
uint64_t jf_sip_load_wait_ns(const struct jf_sip_load *load, double share);

struct jf_sip;

void jf_sip_load_get(const struct jf_sip *sip, struct jf_sip_load *ret_load);

/* Overload has begun or ended. */
typedef void jf_sip_load_handler(const struct jf_sip_load *load, void *arg);
void jf_sip_load_watch(struct jf_sip *sip, jf_sip_load_handler *handler, void *arg);

/* New calls are refused for this reason until it is cleared (JF_SIP_WHY_CALLS or _MEDIA). */
void jf_sip_limit_set(struct jf_sip *sip, enum jf_sip_why why, bool reached);

#endif
