// SPDX-License-Identifier: BSD-3-Clause
/* The two lines that datagrams stand in until they are served. */
#include <errno.h>
#include <stdlib.h>

#include "jf_sip_admit_priv.h"

#define URGENT_MAX 8192u
#define FRESH_MAX  2048u
#define BYTES_MAX  (32u << 20) /* of both lines */

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

struct jf_sip_waiting *jf_sip_line_next(struct jf_sip_admit *admit, struct jf_sip_line *line)
{
	struct jf_sip_waiting *one = line->first;

	line->first = one->next;
	if (!line->first)
		line->last = NULL;
	line->count--;
	admit->bytes -= one->mb->size;
	return one;
}

void jf_sip_line_drop(struct jf_sip_waiting *one)
{
	mem_deref(one->mb);
	mem_deref(one->sock);
	free(one);
}

static bool has_room(const struct jf_sip_admit *admit, bool urgent, size_t length)
{
	const struct jf_sip_line *line = urgent ? &admit->urgent : &admit->fresh;

	return line->count < (urgent ? URGENT_MAX : FRESH_MAX) &&
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

bool jf_sip_line_enter(struct jf_sip_intake *intake, const struct jf_sip_peek *peek, bool urgent)
{
	struct jf_sip_admit *admit = intake->admit;
	struct jf_sip_waiting *one;

	if (!has_room(admit, urgent, intake->datagram->length))
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
	push(admit, urgent ? &admit->urgent : &admit->fresh, one);
	return true;
}
