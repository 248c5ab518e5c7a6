// SPDX-License-Identifier: BSD-3-Clause
/* Which of our dialogs a Replaces names (RFC 3891 section 3). */
#include <string.h>

#include "jf_sip_headers.h"
#include "jf_leg_priv.h"

struct jf_leg *jf_leg_replaced_find(const struct jf_sip *sip,
                                    const struct jf_sip_replaces *replaces)
{
	struct pl tag, call_id;
	struct jf_leg *leg;

	pl_set_str(&tag, replaces->to_tag);
	pl_set_str(&call_id, replaces->call_id);
	leg = jf_leg_match(sip, &tag, &call_id);
	return leg && strcmp(leg->dialog.remote_tag, replaces->from_tag) == 0 ? leg : NULL;
}

uint16_t jf_leg_replaced(const struct jf_sip *sip, const struct sip_msg *invite,
                         uint64_t *ret_replaced)
{
	const struct sip_hdr *header = sip_msg_hdr(invite, SIP_HDR_REPLACES);
	struct jf_sip_replaces replaces;
	const struct jf_leg *leg;

	*ret_replaced = 0;
	if (!header)
		return 0;
	if (sip_msg_hdr_count(invite, SIP_HDR_REPLACES) > 1 || sip_msg_hdr(invite, SIP_HDR_JOIN) ||
	    jf_sip_replaces_parse(header->val.p, header->val.l, &replaces))
		return 400;
	leg = jf_leg_replaced_find(sip, &replaces);
	if (!leg)
		return 481;
	if (leg->phase >= JF_LEG_AT_ENDING || leg->phase == JF_LEG_AT_IN_ENDING || leg->detached)
		return 603;
	/* Only what was begun by us may be taken over before it is answered. */
	if (leg->phase <= JF_LEG_AT_IN_RINGING)
		return 481;
	if (leg->phase == JF_LEG_AT_OUT_CANCELLING)
		return 603;
	if (replaces.early_only && leg->phase != JF_LEG_AT_OUT_CALLING &&
	    leg->phase != JF_LEG_AT_OUT_PROCEEDING)
		return 486;
	*ret_replaced = leg->dialog.id;
	return 0;
}
