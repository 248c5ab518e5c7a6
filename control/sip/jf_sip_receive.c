// SPDX-License-Identifier: BSD-3-Clause
#include "jf_sip_receive.h"

#include <string.h>

#include "jf_sip_admit_priv.h"
#include "jf_sip_check.h"

/* Binding requests and keepalives are none of our business: STUN begins with two zero bits. */
static bool is_sip(const struct mbuf *mb)
{
	return mbuf_get_left(mb) > 4 && mbuf_buf(mb)[0] > 3;
}

/* The answer to what jf_sip_check refuses. Its length; 0: there can be none. */
static size_t refuse(const struct jf_sip *sip, const struct sa *source,
                     const struct jf_sip_peek *peek, const struct jf_sip_check *check,
                     char ret_text[JF_SIP_REFUSAL_MAX])
{
	char ip[INET6_ADDRSTRLEN] = "";
	struct jf_sip_refusal refusal = {
	        .code = check->code,
	        .reason = check->reason,
	        .source_ip = ip,
	        .source_port = sa_port(source),
	        .secret = {sip->admit->secret[0], sip->admit->secret[1]},
	        .oc = jf_sip_admit_oc(sip->admit),
	};
	int n;

	(void)sa_ntop(source, ip, sizeof(ip));
	n = jf_sip_refuse(peek, &refusal, ret_text, JF_SIP_REFUSAL_MAX);
	return n > 0 ? (size_t)n : 0;
}

static void refuse_datagram(struct jf_sip *sip, struct udp_sock *sock, const struct sa *source,
                            const struct mbuf *mb, const struct jf_sip_check *check)
{
	char text[JF_SIP_REFUSAL_MAX];
	struct jf_udp_answer answer = {.to = *source, .bytes = text};
	struct jf_sip_peek peek;

	if (jf_sip_peek((const char *)mbuf_buf(mb), mbuf_get_left(mb), &peek))
		return;
	if (check->verdict == JF_SIP_CHECK_REFUSE)
		answer.length = refuse(sip, source, &peek, check, text);
	if (answer.length) {
		sa_set_port(&answer.to, jf_sip_refuse_port(&peek, sa_port(source)));
		jf_udp_send_burst(sock, &answer, 1);
	}
	jf_sip_trace_door(sock, source, &peek, answer.length ? &answer : NULL,
	                  JF_SIP_WHY_MALFORMED);
}

/* The branch that a Via has not. False: no memory for it. */
static bool put_branch(struct mbuf *mb, const struct jf_sip_check *check)
{
	size_t length = strlen(check->branch), begin = mb->pos;

	mb->pos += check->branch_at;
	if (mbuf_shift(mb, (ssize_t)length))
		return false;
	mb->pos = begin + check->branch_at;
	memcpy(mbuf_buf(mb), check->branch, length);
	mb->pos = begin;
	return true;
}

void jf_sip_receive(struct jf_sip *sip, struct udp_sock *sock, const struct sa *source,
                    struct mbuf *mb)
{
	struct jf_sip_check check;

	if (!is_sip(mb)) {
		jf_udp_deliver(sock, source, mb);
		return;
	}
	jf_sip_check((const char *)mbuf_buf(mb), mbuf_get_left(mb), false, &check);
	if (check.verdict == JF_SIP_CHECK_SERVE && check.branch_at && !put_branch(mb, &check))
		return;
	if (check.verdict == JF_SIP_CHECK_SERVE) {
		jf_udp_deliver(sock, source, mb);
		return;
	}
	sip->stats.malformed++;
	refuse_datagram(sip, sock, source, mb, &check);
}

/* --- streams --- */

static struct mbuf *text_of(const char *bytes, size_t length)
{
	struct mbuf *mb = mbuf_alloc(length);

	if (mb)
		(void)mbuf_write_mem(mb, (const uint8_t *)bytes, length);
	if (mb)
		mb->pos = 0;
	return mb;
}

static struct mbuf *with_branch(const char *bytes, size_t length, const struct jf_sip_check *check)
{
	struct mbuf *mb = text_of(bytes, length);

	return mb && put_branch(mb, check) ? mb : mem_deref(mb);
}

/* What has come with our word on overload in its Via; NULL: that is not asked for. */
static struct mbuf *with_oc(struct jf_sip *sip, const char *bytes, size_t length)
{
	struct jf_sip_peek peek;
	struct jf_sip_oc oc;
	struct mbuf *mb;
	int n;

	if (jf_sip_peek(bytes, length, &peek) || !jf_sip_oc_offered(&peek))
		return NULL;
	jf_sip_overload_listens(&sip->admit->overload);
	oc = jf_sip_admit_oc(sip->admit);
	mb = mbuf_alloc(length + 128);
	if (!mb)
		return NULL;
	n = jf_sip_oc_write(&peek, bytes, length, &oc, (char *)mb->buf, mb->size);
	if (n <= 0)
		return mem_deref(mb);
	mb->end = (size_t)n;
	return mb;
}

void jf_sip_receive_stream(const char *bytes, size_t length, const struct sa *source,
                           struct jf_sip_arrival *ret_arrival, void *arg)
{
	char text[JF_SIP_REFUSAL_MAX];
	struct jf_sip *sip = arg;
	struct jf_sip_check check;
	struct jf_sip_peek peek;
	size_t n;

	jf_sip_check(bytes, length, true, &check);
	if (check.verdict == JF_SIP_CHECK_SERVE) {
		ret_arrival->message = check.branch_at ? with_branch(bytes, length, &check)
		                                       : with_oc(sip, bytes, length);
		ret_arrival->dropped = check.branch_at && !ret_arrival->message;
		return;
	}
	sip->stats.malformed++;
	ret_arrival->dropped = true;
	if (check.verdict == JF_SIP_CHECK_DROP || jf_sip_peek(bytes, length, &peek))
		return;
	n = refuse(sip, source, &peek, &check, text);
	jf_sip_why_note(JF_SIP_WHY_MALFORMED);
	if (n)
		ret_arrival->answer = text_of(text, n);
}
