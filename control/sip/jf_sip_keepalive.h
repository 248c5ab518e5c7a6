/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Registered phones on UDP are asked for a sign of life: OPTIONS to where they registered from,
 * which keeps their NAT open as well (RFC 5626 has CRLFs for streams only). Those that registered
 * through a proxy (Path, RFC 3327) are asked by way of it, whatever it speaks with us. One that
 * leaves three questions in a row unanswered, two seconds each, is unreachable: still registered,
 * called last, and shown as that, until it answers or registers again. Any answer will do, but for
 * a proxy's that it does not reach the phone.
 *
 * No transaction and no memory is made for a question; there are at most so many a second, spread
 * evenly, and with more phones than that each is asked more rarely. Loop thread only.
 */
#ifndef JF_SIP_KEEPALIVE_H
#define JF_SIP_KEEPALIVE_H

#include "jf_sip_priv.h"

#define JF_SIP_KEEPALIVE_ASK_MS     2000u /* for an answer */
#define JF_SIP_KEEPALIVE_UNANSWERED 3u

/* Contacts are the registrar's. 0 or -ENOMEM. */
int jf_sip_keepalive_create(struct jf_sip *sip, const struct jf_sip_config *config,
                            struct jf_sip_keepalive **ret_keepalive);

/* Before the registrar's end. NULL is harmless. */
void jf_sip_keepalive_destroy(struct jf_sip_keepalive *keepalive);

/* That contact of the agent has registered, again or for the first time: it is reachable. */
void jf_sip_keepalive_bound(struct jf_sip_keepalive *keepalive, const char *agent, const char *uri);

/* False: it answers no question of ours. */
bool jf_sip_keepalive_response(struct jf_sip_keepalive *keepalive, const struct sip_msg *msg);

#endif
