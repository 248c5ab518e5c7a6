/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * telephone-event (RFC 4733): key presses as RTP payload. The receiver yields each press once,
 * however many packets say so, in whatever order, and whichever of them are lost.
 */
#ifndef JF_TELEV_H
#define JF_TELEV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JF_TELEV_SIZE      4u
#define JF_TELEV_EVENT_MAX 16u /* 0-9, 10 '*', 11 '#', 12-15 'A'-'D', 16 flash */

struct jf_telev {
	uint16_t duration_ts; /* so far */
	uint8_t event;
	uint8_t volume; /* -dBm0, 0 .. 63 */
	bool end;
};

/* Section 2.3. 0, or -EINVAL for anything but one report of four bytes. */
int jf_telev_parse(const uint8_t *payload, size_t length, struct jf_telev *ret_telev);

/* Section 2.3; for tests and generators. */
void jf_telev_write(const struct jf_telev *telev, uint8_t ret_payload[JF_TELEV_SIZE]);

/* One stream's receiver. All zeros: nothing received. Owned by the endpoint's worker. */
struct jf_telev_rx {
	uint32_t ssrc;
	uint32_t timestamp;   /* of the press: of its first segment */
	uint32_t segment;     /* of its present segment (section 2.5.1.3) */
	uint32_t duration_ts; /* of the press so far */
	uint8_t event;
	bool known; /* there was a press */
	bool ended;
};

enum jf_telev_news {
	JF_TELEV_NOTHING, /* repeats what is known, or belongs to an older press */
	JF_TELEV_PRESSED, /* a press begins, whichever of its packets came first */
	JF_TELEV_HELD,    /* its duration has grown, or it has ended: rx tells */
	JF_TELEV_IGNORED, /* an event that is not a key: tones of fax and modems */
};

/*
 * Takes one report. ssrc, timestamp: of its packet. After JF_TELEV_PRESSED and JF_TELEV_HELD rx
 * has the press: event, timestamp, duration_ts, ended. A new timestamp is a new press (section
 * 2.5.1.2), so a key pressed twice is two, even if every end packet is lost.
 */
enum jf_telev_news jf_telev_receive(struct jf_telev_rx *rx, uint32_t ssrc, uint32_t timestamp,
                                    const struct jf_telev *telev);

/* "0".."9", "*", "#", "A".."D", "flash"; NULL above JF_TELEV_EVENT_MAX. */
const char *jf_telev_name(uint8_t event);

#endif
