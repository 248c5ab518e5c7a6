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

static void refuse(struct jf_sip *sip, struct udp_sock *sock, const struct sa *source,
                   const struct mbuf *mb, const struct jf_sip_check *check)
{
	char ip[INET6_ADDRSTRLEN] = "", text[JF_SIP_REFUSAL_MAX];
	struct jf_sip_refusal refusal = {
	        .code = check->code,
	        .reason = check->reason,
	        .source_ip = ip,
	        .source_port = sa_port(source),
	        .secret = {sip->admit->secret[0], sip->admit->secret[1]},
	        .oc = jf_sip_admit_oc(sip->admit),
	};
	struct jf_udp_answer answer = {.to = *source, .bytes = text};
	struct jf_sip_peek peek;
	int n;

	if (jf_sip_peek((const char *)mbuf_buf(mb), mbuf_get_left(mb), &peek))
		return;
	(void)sa_ntop(source, ip, sizeof(ip));
	n = jf_sip_refuse(&peek, &refusal, text, sizeof(text));
	if (n < 0)
		return;
	answer.length = (size_t)n;
	sa_set_port(&answer.to, jf_sip_refuse_port(&peek, sa_port(source)));
	jf_udp_send_burst(sock, &answer, 1);
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
	if (check.verdict == JF_SIP_CHECK_REFUSE)
		refuse(sip, sock, source, mb, &check);
}

struct mbuf *jf_sip_receive_stream(const char *bytes, size_t length, void *arg)
{
	struct jf_sip *sip = arg;
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
