// SPDX-License-Identifier: BSD-3-Clause
/*
 * Enters: path->protect, what was gathered for listeners that are sent SRTP, by whatever producer.
 * Leaves: nothing; each is on its way out under its listener's key, or dropped by name. Without
 * keys nothing goes out, in plain least of all.
 *
 * RTP is one run through the transform, across streams; a stream's packets keep their order.
 */
#include "jf_path.h"
#include "path_send_priv.h"

/* Counted as sent already; it isn't. */
static void drop(struct jf_path *path, const struct jf_outgoing *out, uint8_t verdict)
{
	jf_path_drop(path, out->mbuf, out->listener,
	             verdict == JF_SRTP_REPLAY ? JF_DROP_SRTP_REPLAY : JF_DROP_SRTP_AUTH);
}

/* Room for the trailer behind the packet; a device that takes larger frames has none to spare. */
static bool has_room(const struct jf_outgoing *out)
{
	const uint8_t *end = (const uint8_t *)out->mbuf->buf_addr + out->mbuf->buf_len;

	return out->udp + out->length + JF_SRTP_TRAILER_MAX <= end;
}

static void send_protected(struct jf_path *path, struct jf_outgoing *out,
                           const struct jf_srtp_packet *packet)
{
	if (unlikely(packet->verdict != JF_SRTP_OK)) {
		drop(path, out, packet->verdict);
		return;
	}
	out->length = packet->length;
	jf_path_send_framed(path, out);
}

void jf_path_protect(struct jf_path *path)
{
	struct jf_srtp_packet packets[JF_OUT_MAX];
	uint16_t order[JF_OUT_MAX], n = 0, n_all = path->n_protect;

	path->n_protect = 0; /* nothing here comes back to it */
	for (uint16_t i = 0; i < n_all; i++)
		rte_prefetch0(&path->keys[path->protect[i].listener]);
	for (uint16_t i = 0; i < n_all; i++) {
		struct jf_outgoing *out = &path->protect[i];
		const struct jf_leg_keys *keys = &path->keys[out->listener];
		struct jf_srtp_packet packet = {
		        .bytes = out->udp, .stream = keys->tx, .length = out->length};

		if (unlikely(keys->suite == JF_SRTP_NONE || !has_room(out))) {
			drop(path, out, JF_SRTP_AUTH);
		} else if (unlikely(out->rtcp_port_be)) {
			jf_srtp_protect_rtcp(path->srtp, &packet);
			send_protected(path, out, &packet);
		} else {
			order[n] = i;
			packets[n++] = packet;
		}
	}
	jf_srtp_protect_burst(path->srtp, packets, n);
	for (uint16_t i = 0; i < n; i++)
		send_protected(path, &path->protect[order[i]], &packets[i]);
}
