// SPDX-License-Identifier: BSD-3-Clause
/* 503 without state, made from a request's bytes, and several of them sent together. */
#include "jf_sip_admit_priv.h"
#include "jf_sip_priv.h"

#define RETRY_AFTER_S  4u
#define RETRY_SPREAD_S 8u  /* so that not all come back together */
#define PAD_MAX        32u /* of an answer, to be as long as its neighbours */

/* Neighbours of nearly one length get one length: so they are one way through the kernel. */
static void pad_answers(struct jf_sip_admit *admit)
{
	size_t longest = 0;

	for (unsigned i = 0; i < admit->answers; i++)
		if (admit->answer[i].length > longest)
			longest = admit->answer[i].length;
	for (unsigned i = 0; i < admit->answers; i++)
		if (longest - admit->answer[i].length <= PAD_MAX &&
		    !jf_sip_refusal_pad(admit->text[i], admit->answer[i].length, longest))
			admit->answer[i].length = longest;
}

void jf_sip_answers_flush(struct jf_sip_admit *admit)
{
	if (admit->answers > 1)
		pad_answers(admit);
	if (admit->answers)
		jf_udp_send_burst(admit->answering, admit->answer, admit->answers);
	admit->answering = mem_deref(admit->answering);
	admit->answers = 0;
}

/* Room for one more answer through that socket. */
static void make_room(struct jf_sip_admit *admit, struct udp_sock *sock)
{
	if (admit->answers == JF_UDP_BURST || (admit->answering && admit->answering != sock))
		jf_sip_answers_flush(admit);
	if (!admit->answering)
		admit->answering = mem_ref(sock);
}

/* Between RETRY_AFTER_S and RETRY_AFTER_S + RETRY_SPREAD_S, the same for the same call. */
uint32_t jf_sip_admit_retry_after(const char *call_id, size_t length)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < length; i++)
		sum = sum * 31 + (uint8_t)call_id[i];
	return RETRY_AFTER_S + sum % (RETRY_SPREAD_S + 1);
}

/* Most of a flood come from the same. */
static const char *ip_of(struct jf_sip_admit *admit, const struct sa *source)
{
	if (!sa_cmp(&admit->refused, source, SA_ALL)) {
		admit->refused = *source;
		(void)sa_ntop(source, admit->refused_ip, sizeof(admit->refused_ip));
	}
	return admit->refused_ip;
}

void jf_sip_answers_refuse(struct jf_sip_admit *admit, struct udp_sock *sock,
                           const struct sa *source, const struct jf_sip_peek *peek,
                           enum jf_sip_why why)
{
	struct jf_sip_refusal refusal = {
	        .code = 503,
	        .reason = "Service Unavailable",
	        .source_ip = ip_of(admit, source),
	        .source_port = sa_port(source),
	        .retry_after_s = jf_sip_admit_retry_after(peek->call_id.at, peek->call_id.length),
	        .secret = {admit->secret[0], admit->secret[1]},
	        .oc = jf_sip_admit_oc(admit),
	};
	struct jf_udp_answer *answer;
	int n;

	make_room(admit, sock);
	answer = &admit->answer[admit->answers];
	n = jf_sip_refuse(peek, &refusal, admit->text[admit->answers], JF_SIP_REFUSAL_MAX);
	if (n < 0) {
		admit->load.dropped++;
		return;
	}
	answer->to = *source;
	sa_set_port(&answer->to, jf_sip_refuse_port(peek, sa_port(source)));
	answer->bytes = admit->text[admit->answers];
	answer->length = (size_t)n;
	admit->answers++;
	jf_sip_trace_door(sock, source, peek, answer, why);
}
