// SPDX-License-Identifier: BSD-3-Clause
#include "jf_telev_tx.h"

#define SEGMENT_TS UINT16_MAX /* what the duration field can say */

void jf_telev_tx_begin(struct jf_telev_tx *tx, uint8_t event, uint8_t volume, uint32_t timestamp)
{
	*tx = (struct jf_telev_tx){.event = event, .volume = volume, .timestamp = timestamp};
}

bool jf_telev_tx_next(struct jf_telev_tx *tx, uint32_t duration_ts, bool over,
                      struct jf_telev_packet *ret_packet)
{
	uint32_t held = duration_ts - tx->segment_ts;
	bool full = held > SEGMENT_TS;

	if (tx->ends == JF_TELEV_ENDS)
		return false;
	*ret_packet = (struct jf_telev_packet){
	        .telev = {.event = tx->event,
	                  .volume = tx->volume,
	                  .duration_ts = (uint16_t)(full ? SEGMENT_TS : held),
	                  .end = over && !full},
	        .timestamp = tx->timestamp + tx->segment_ts,
	        .marker = !tx->begun,
	};
	tx->begun = true;
	tx->ends += over && !full;
	tx->segment_ts += full ? SEGMENT_TS : 0;
	return true;
}
