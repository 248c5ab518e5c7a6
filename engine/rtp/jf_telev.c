// SPDX-License-Identifier: BSD-3-Clause
#include "jf_telev.h"

#include <errno.h>

#include "jf_reader.h"

#define END_BIT     0x80u
#define VOLUME_MASK 0x3fu

/* A segment of a long press is as long as the duration field can say (section 2.5.1.3). */
#define SEGMENT_TS UINT16_MAX

/* What is older than the present press by less than this is late, not a sender that began anew. */
#define LATE_TS (5 * 8000)

int jf_telev_parse(const uint8_t *payload, size_t length, struct jf_telev *ret_telev)
{
	struct jf_reader r = jf_reader_make(payload, length);
	uint8_t event = jf_reader_u8(&r);
	uint8_t flags = jf_reader_u8(&r);
	uint16_t duration = jf_reader_u16be(&r);

	if (r.failed || jf_reader_left(&r))
		return -EINVAL;
	*ret_telev = (struct jf_telev){.event = event,
	                               .end = flags & END_BIT,
	                               .volume = flags & VOLUME_MASK,
	                               .duration_ts = duration};
	return 0;
}

void jf_telev_write(const struct jf_telev *telev, uint8_t ret_payload[JF_TELEV_SIZE])
{
	ret_payload[0] = telev->event;
	ret_payload[1] = (uint8_t)((telev->end ? END_BIT : 0) | (telev->volume & VOLUME_MASK));
	ret_payload[2] = (uint8_t)(telev->duration_ts >> 8);
	ret_payload[3] = (uint8_t)telev->duration_ts;
}

static enum jf_telev_news pressed(struct jf_telev_rx *rx, uint32_t ssrc, uint32_t timestamp,
                                  const struct jf_telev *telev)
{
	*rx = (struct jf_telev_rx){.ssrc = ssrc,
	                           .timestamp = timestamp,
	                           .segment = timestamp,
	                           .duration_ts = telev->duration_ts,
	                           .event = telev->event,
	                           .known = true,
	                           .ended = telev->end};
	return JF_TELEV_PRESSED;
}

static enum jf_telev_news held(struct jf_telev_rx *rx, const struct jf_telev *telev)
{
	uint32_t duration_ts = rx->segment - rx->timestamp + telev->duration_ts;
	enum jf_telev_news news = JF_TELEV_NOTHING;

	if (duration_ts > rx->duration_ts && !rx->ended) {
		rx->duration_ts = duration_ts;
		news = JF_TELEV_HELD;
	}
	if (telev->end && !rx->ended) {
		rx->ended = true;
		news = JF_TELEV_HELD;
	}
	return news;
}

enum jf_telev_news jf_telev_receive(struct jf_telev_rx *rx, uint32_t ssrc, uint32_t timestamp,
                                    const struct jf_telev *telev)
{
	int32_t newer = (int32_t)(timestamp - rx->segment);

	if (telev->event > JF_TELEV_EVENT_MAX)
		return JF_TELEV_IGNORED;
	if (!rx->known || ssrc != rx->ssrc)
		return pressed(rx, ssrc, timestamp, telev);
	if (newer == 0)
		return telev->event == rx->event ? held(rx, telev) : JF_TELEV_NOTHING;
	if (newer < 0) {
		/* late counts from the press, whose earlier segments may be many seconds old */
		if ((int32_t)(timestamp - rx->timestamp) > -LATE_TS)
			return JF_TELEV_NOTHING;
		return pressed(rx, ssrc, timestamp, telev);
	}
	if (newer == SEGMENT_TS && telev->event == rx->event && !rx->ended) {
		rx->segment = timestamp;
		return held(rx, telev);
	}
	return pressed(rx, ssrc, timestamp, telev);
}

const char *jf_telev_name(uint8_t event)
{
	static const char *const names[JF_TELEV_EVENT_MAX + 1] = {"0", "1", "2", "3", "4",    "5",
	                                                          "6", "7", "8", "9", "*",    "#",
	                                                          "A", "B", "C", "D", "flash"};

	return event <= JF_TELEV_EVENT_MAX ? names[event] : NULL;
}
