// SPDX-License-Identifier: BSD-3-Clause
/*
 * Whole pictures (RFC 4585, RFC 5104). Whoever begins to see a party, or has lost a packet of it,
 * can show nothing until its encoder sends a picture that needs none before it. The viewer asks us
 * by RTCP, or control does for it; we ask the party, by feedback of our own about its SSRC on its
 * leg, or tell control, which asks it by INFO.
 *
 * A party is asked at most each JF_KEYFRAME_PAUSE_NS, however many ask us and however often; a
 * request within that time waits for its end, and so does one to a party of whom nothing is known
 * yet. Whoever waits or was asked lately stands in a short table; a request for which it has no
 * room is made again by the viewer, who still has no picture. Nothing here is hot.
 */
#include "jf_path.h"
#include "jf_time.h"
#include "path_priv.h"

#define JF_KEYFRAME_PAUSE_NS (UINT64_C(500) * JF_NS_PER_MS)
#define LOOK_NS              (UINT64_C(10) * JF_NS_PER_MS)
#define GIVEN_UP_NS          (UINT64_C(3000) * JF_NS_PER_MS)

void jf_path_keyframe_want(struct jf_path *path, uint32_t index)
{
	uint32_t generation = path->slots[index].identity.generation;
	struct jf_keyframe *k;
	uint16_t i = 0;

	if (!path->parties[index].keyframes)
		return;
	while (i < path->n_keyframes &&
	       (path->keyframes[i].index != index || path->keyframes[i].generation != generation))
		i++;
	if (i == JF_KEYFRAMES_MAX)
		return;
	k = &path->keyframes[i];
	if (i == path->n_keyframes) {
		path->n_keyframes++;
		*k = (struct jf_keyframe){.index = index, .generation = generation};
	}
	k->until_ns = path->now_ns + GIVEN_UP_NS;
	path->keyframes_ns = path->now_ns;
}

/* false: not now, but perhaps soon. */
static bool ask(struct jf_path *path, uint32_t index)
{
	uint8_t ways = path->parties[index].keyframes;

	if (!(ways & (JF_KEYFRAME_PLI | JF_KEYFRAME_FIR)) || !path->endpoints[index].rtcp_port_be) {
		jf_path_emit(path, JF_EVENT_KEYFRAME, index, 0, 0);
		return true;
	}
	if (!path->slots[index].rx.stats.started) /* it has no SSRC yet */
		return false;
	return jf_path_report(path, index,
	                      ways & JF_KEYFRAME_PLI ? JF_RTCP_KEYFRAME_PLI : JF_RTCP_KEYFRAME_FIR);
}

void jf_path_keyframes_serve(struct jf_path *path)
{
	if (likely(path->n_keyframes == 0) || path->now_ns < path->keyframes_ns)
		return;
	path->keyframes_ns = path->now_ns + LOOK_NS;
	for (uint16_t i = path->n_keyframes; i-- > 0;) {
		struct jf_keyframe *k = &path->keyframes[i];
		bool is_there = path->parties[k->index].open &&
		                path->slots[k->index].identity.generation == k->generation;

		if (is_there && path->now_ns < k->next_ns)
			continue;
		if (!is_there || path->now_ns > k->until_ns) {
			*k = path->keyframes[--path->n_keyframes];
		} else if (ask(path, k->index)) {
			k->until_ns = 0;
			k->next_ns = path->now_ns + JF_KEYFRAME_PAUSE_NS;
		}
	}
}
