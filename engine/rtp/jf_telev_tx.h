/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sends a key press as telephone-events (RFC 4733). The caller keeps the time and says how long the
 * key has been held; this says what the next packet holds.
 *
 *   jf_telev_tx_begin   the key is down
 *   jf_telev_tx_next    each packet's time, the first one at once: the next report
 *
 * The first packet has the marker; all have the timestamp of the press and a growing duration; the
 * last one is sent three times (section 2.5.1.4). A press too long for the duration field goes on
 * in another segment (2.5.1.3), without a marker or end between the two.
 */
#ifndef JF_TELEV_TX_H
#define JF_TELEV_TX_H

#include <stdbool.h>
#include <stdint.h>

#include "jf_telev.h"

#define JF_TELEV_ENDS 3u

/* One press. Owned by one thread. */
struct jf_telev_tx {
	uint32_t timestamp;  /* of the press */
	uint32_t segment_ts; /* of the present segment, from the press on */
	uint8_t event;
	uint8_t volume;
	bool begun;   /* a packet was sent */
	uint8_t ends; /* sent */
};

struct jf_telev_packet {
	struct jf_telev telev;
	uint32_t timestamp;
	bool marker;
};

/* timestamp: RTP, of the moment at which the press begins. volume: -dBm0, 0 .. 63. */
void jf_telev_tx_begin(struct jf_telev_tx *tx, uint8_t event, uint8_t volume, uint32_t timestamp);

/*
 * The key has been held for duration_ts in all, which never shrinks; over: and was let go then.
 * false: there is no further packet, the end was sent three times.
 */
bool jf_telev_tx_next(struct jf_telev_tx *tx, uint32_t duration_ts, bool over,
                      struct jf_telev_packet *ret_packet);

#endif
