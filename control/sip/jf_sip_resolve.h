/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From a SIP URI to the transport addresses that a request for it is sent to, in the order of
 * trying (RFC 3263 4, without NAPTR). Loop thread only; never blocks: the handler is always called
 * from the loop, also when the answer is known at once.
 *
 * A numeric host is itself. A name with a port is looked up as A and AAAA; without one as SRV
 * (RFC 2782: priorities, then weights at random), then as A and AAAA with the transport's port. The
 * transport is the URI's ;transport=, else TLS for sips:, else UDP, or what SRV has when UDP has
 * none. Only address families and transports that the stack listens on are given.
 *
 * Answers are kept as long as their TTL says (at least 5 s, at most an hour), denials for at most
 * 60 s, failures of the servers for 5 s; how many is bounded.
 */
#ifndef JF_SIP_RESOLVE_H
#define JF_SIP_RESOLVE_H

#include "jf_leg.h"

#define JF_SIP_RESOLVED_MAX       8
#define JF_SIP_RESOLVE_TIMEOUT_MS 2000

struct jf_sip_query;

/*
 * err 0: count is 1 .. JF_SIP_RESOLVED_MAX; peers is valid during the call. Else count is 0:
 * -ENOENT (there is no such name, or nothing of it that we speak), -EHOSTUNREACH (the servers could
 * not say, or there are none), -ETIMEDOUT (they have not answered within the deadline).
 */
typedef void jf_sip_resolve_handler(int err, const struct jf_sip_peer *peers, unsigned count,
                                    void *arg);

/* *ret_query may be used until the handler is called. 0 (the handler will be called, once),
 * -EINVAL: no sip: or sips: URI with a host, -ENOMEM. */
int jf_sip_resolve(struct jf_sip *sip, const char *uri, jf_sip_resolve_handler *handler, void *arg,
                   struct jf_sip_query **ret_query);

/* The handler will not be called. NULL is harmless. */
void jf_sip_query_cancel(struct jf_sip_query *query);

#endif
