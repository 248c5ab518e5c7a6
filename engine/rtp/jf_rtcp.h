/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * RTCP (RFC 3550 section 6) through a relay that renumbers streams.
 *
 * A party's compound packet speaks about two streams: the one it sends, which the listener knows
 * under another SSRC, timestamp and sequence; and the one it hears, which its sender knows under
 * other numbers. Both are mapped, and what can't be is left out, never passed on as it came:
 *
 *   SR         sender SSRC and RTP timestamp mapped, NTP time and counts as they came; an SR about
 *              another stream than the one that flows becomes an RR
 *   RR         sender SSRC mapped
 *   blocks     those about the stream that flows the other way are mapped; others left out
 *   SDES       replaced by a CNAME of ours, the same for the stream's whole life: the party's own
 *              CNAME and the personal items (NAME, EMAIL, PHONE, LOC, NOTE) are not the listener's
 *              business
 *   BYE        left out: the source leaves, but the listener's stream goes on with another one
 *   APP, others left out
 */
#ifndef JF_RTCP_H
#define JF_RTCP_H

#include <stddef.h>
#include <stdint.h>

#include "jf_continuity.h"

/*
 * Whether it is a compound packet: appendix A.2, and every part complete within its length. 0 or
 * -EINVAL. Reduced-size RTCP (RFC 5506) is refused: it is not negotiated.
 */
int jf_rtcp_check(const uint8_t *packet, size_t length);

/*
 * Rewrites a compound packet in place for the listener; it never gets longer.
 *
 *   forward  the stream from the packet's sender to its receiver
 *   reverse  the stream that the packet's sender hears, or NULL when the relay makes that up
 *
 * 0; -EINVAL: malformed; -ENOENT: forward does not flow, so nothing can be said about it. After an
 * error the packet is unspecified and must be dropped. length at most 65,535.
 */
int jf_rtcp_relay(uint8_t *packet, size_t length, const struct jf_continuity *forward,
                  const struct jf_continuity *reverse, size_t *ret_length);

#endif
