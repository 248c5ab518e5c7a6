// SPDX-License-Identifier: BSD-3-Clause
/*
 * The lines that datagrams stand in until they are served, one for each rank.
 *
 * Who is due first is served first. What sets up a call is due when it comes: somebody listens to
 * silence. The rest of a dialog, most of it hanging up, is due a little later, so that post-dial
 * delay stays short while a busy moment passes. When calls are being refused, all of what is in
 * dialogs comes first, in the order in which it came: new calls would only make old ones late.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "jf_sip_admit_priv.h"
#include "jf_time.h"

#define BYTES_MAX (32u << 20)      /* of all lines */
#define NEVER_NS  (UINT64_MAX / 2) /* after everybody else */

/* How long a line may become, and how long one in it can wait before anybody minds. */
static const struct {
	unsigned count_max;
	uint64_t slack_ns;
} limits[JF_SIP_RANKS] = {
        [JF_SIP_RANK_SETUP] = {8192, 0},
        [JF_SIP_RANK_DIALOG] = {8192, 100 * JF_NS_PER_MS}, /* below T1: nothing is sent again */
        [JF_SIP_RANK_CALL] = {2048, 0},
        [JF_SIP_RANK_OTHER] = {2048, 0},
};

/* RFC 3261 8.1.3.4: a response has the request's CSeq, with its method. */
static bool answers_invite(const struct jf_sip_peek *peek)
{
	static const char method[] = "INVITE";
	const size_t length = sizeof(method) - 1;
	const char *at;

	if (peek->cseq.length <= length)
		return false;
	at = peek->cseq.at + peek->cseq.length - length;
	return (at[-1] == ' ' || at[-1] == '\t') && memcmp(at, method, length) == 0;
}

enum jf_sip_rank jf_sip_line_rank(const struct jf_sip_peek *peek)
{
	bool setup = peek->request ? peek->kind == JF_SIP_METHOD_ACK ||
	                                     jf_sip_span_is(peek->method, "PRACK")
	                           : answers_invite(peek);

	return setup ? JF_SIP_RANK_SETUP : JF_SIP_RANK_DIALOG;
}

static void push(struct jf_sip_admit *admit, struct jf_sip_line *line, struct jf_sip_waiting *one)
{
	one->next = NULL;
	if (line->last)
		line->last->next = one;
	else
		line->first = one;
	line->last = one;
	line->count++;
	admit->bytes += one->mb->size;
}

struct jf_sip_waiting *jf_sip_line_take(struct jf_sip_admit *admit, enum jf_sip_rank rank)
{
	struct jf_sip_line *line = &admit->lines[rank];
	struct jf_sip_waiting *one = line->first;

	if (!one)
		return NULL;
	line->first = one->next;
	if (!line->first)
		line->last = NULL;
	line->count--;
	admit->bytes -= one->mb->size;
	return one;
}

/* A time that orders those who wait. */
static uint64_t turn_of(const struct jf_sip_admit *admit, enum jf_sip_rank rank)
{
	const struct jf_sip_waiting *first = admit->lines[rank].first;

	if (!first)
		return UINT64_MAX;
	if (!admit->overload.refusing)
		return first->due_ns;
	return first->arrived_ns + (rank < JF_SIP_RANK_CALL ? 0 : NEVER_NS);
}

struct jf_sip_waiting *jf_sip_line_next(struct jf_sip_admit *admit, unsigned ranks)
{
	enum jf_sip_rank next = JF_SIP_RANK_SETUP;
	uint64_t soonest_ns = UINT64_MAX;

	for (enum jf_sip_rank r = next; r < ranks; r++) {
		uint64_t turn_ns = turn_of(admit, r);

		if (turn_ns < soonest_ns) {
			soonest_ns = turn_ns;
			next = r;
		}
	}
	return jf_sip_line_take(admit, next);
}

unsigned jf_sip_line_count(const struct jf_sip_admit *admit)
{
	unsigned count = 0;

	for (enum jf_sip_rank r = 0; r < JF_SIP_RANKS; r++)
		count += admit->lines[r].count;
	return count;
}

void jf_sip_line_drop(struct jf_sip_waiting *one)
{
	mem_deref(one->mb);
	mem_deref(one->sock);
	free(one);
}

static bool has_room(const struct jf_sip_admit *admit, enum jf_sip_rank rank, size_t length)
{
	return admit->lines[rank].count < limits[rank].count_max &&
	       admit->bytes + length <= BYTES_MAX;
}

/* The datagram as the library wants it; with our word on overload in it if the peer asks for it. */
static struct mbuf *copy(struct jf_sip_admit *admit, const struct jf_udp_datagram *datagram,
                         const struct jf_sip_peek *peek)
{
	struct mbuf *mb;
	int n;

	if (peek && jf_sip_oc_offered(peek)) {
		struct jf_sip_oc oc = jf_sip_admit_oc(admit);

		mb = mbuf_alloc(datagram->length + 128);
		n = mb ? jf_sip_oc_write(peek, datagram->bytes, datagram->length, &oc,
		                         (char *)mb->buf, mb->size)
		       : -ENOMEM;
		if (n > 0) {
			mb->end = (size_t)n;
			return mb;
		}
		mem_deref(mb);
	}
	mb = mbuf_alloc(datagram->length ? datagram->length : 1);
	if (!mb)
		return NULL;
	(void)mbuf_write_mem(mb, (const uint8_t *)datagram->bytes, datagram->length);
	mb->pos = 0;
	return mb;
}

bool jf_sip_line_enter(struct jf_sip_intake *intake, const struct jf_sip_peek *peek,
                       enum jf_sip_rank rank)
{
	struct jf_sip_admit *admit = intake->admit;
	struct jf_sip_waiting *one;

	if (!has_room(admit, rank, intake->datagram->length))
		return false;
	one = calloc(1, sizeof(*one));
	if (!one)
		return false;
	one->mb = copy(admit, intake->datagram, peek);
	if (!one->mb) {
		free(one);
		return false;
	}
	one->sock = mem_ref(intake->sock);
	one->source = intake->datagram->source;
	one->arrived_ns = intake->now_ns - intake->waited_ns;
	one->due_ns = one->arrived_ns + limits[rank].slack_ns;
	push(admit, &admit->lines[rank], one);
	return true;
}
