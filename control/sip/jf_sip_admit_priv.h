/* SPDX-License-Identifier: BSD-3-Clause */
/* What admission keeps, and what the stack asks of it. */
#ifndef JF_SIP_ADMIT_PRIV_H
#define JF_SIP_ADMIT_PRIV_H

#include <re/re.h>

#include "jf_sip_admit.h"
#include "jf_sip_overload.h"
#include "jf_sip_refuse.h"
#include "jf_sip_sources.h"
#include "jf_udp.h"

#define JF_SIP_REFUSAL_MAX   4096u
#define JF_SIP_REFUSAL_ASIDE 64u /* so that their beginnings don't share cache sets */

struct jf_sip_config;

struct jf_sip_waiting {
	struct jf_sip_waiting *next;
	struct udp_sock *sock;
	struct mbuf *mb;
	struct sa source;
	uint64_t arrived_ns, due_ns;
	uint64_t key; /* of a new call */
};

struct jf_sip_line {
	struct jf_sip_waiting *first, *last;
	unsigned count;
};

/* Who goes first of those due at the same time. */
enum jf_sip_rank {
	JF_SIP_RANK_SETUP,  /* of a call that is being set up: somebody waits to speak */
	JF_SIP_RANK_DIALOG, /* the rest of what is in dialogs, which can wait a little longer */
	JF_SIP_RANK_CALL,   /* new ones: not begun yet, may be refused */
	JF_SIP_RANK_OTHER,  /* REGISTER and so on: the same */
	JF_SIP_RANKS
};

struct jf_sip_admit {
	struct jf_sip_line lines[JF_SIP_RANKS];
	uint64_t served_turn; /* the last turn of the loop in which the lines were served */
	size_t bytes;
	struct jf_sip_overload overload;
	struct jf_sip_sources *sources;
	struct jf_sip_verdicts *verdicts;
	uint64_t secret[2];
	struct jf_sip_load load; /* what is counted; the rest is filled in when asked */
	bool reached[JF_SIP_WHY_DOOR_END];
	uint64_t memory_max_bytes; /* 0: any */
	struct tmr tick;
	unsigned ticks;
	bool came;          /* something, since the last tick */
	uint64_t opened_ns; /* when the first datagram was looked at; 0: none was */
	int wake_fd;
	bool woken;
	jf_sip_load_handler *load_handler;
	void *load_arg;

	/* refusals that leave together, of one socket */
	struct udp_sock *answering;
	unsigned answers;
	struct jf_udp_answer answer[JF_UDP_BURST];
	char text[JF_UDP_BURST][JF_SIP_REFUSAL_MAX + JF_SIP_REFUSAL_ASIDE];

	/* whom the last was for */
	struct sa refused;
	char refused_ip[INET6_ADDRSTRLEN];
};

/* A datagram on its way in. */
struct jf_sip_intake {
	struct jf_sip *sip;
	struct jf_sip_admit *admit;
	struct udp_sock *sock;
	const struct jf_udp_datagram *datagram;
	uint64_t now_ns;
	uint64_t waited_ns; /* in the socket, while we served it */
	uint8_t ip[16];
	struct sa source; /* whom known is about, once asked */
	bool asked, known;
};

int jf_sip_admit_create(struct jf_sip *sip, const struct jf_sip_config *config);
void jf_sip_admit_destroy(struct jf_sip *sip);

/* Before the stack is told to listen on UDP at local. */
void jf_sip_admit_listen(struct jf_sip *sip, const struct sa *local);

/* A parsed request that has not come through the line (TCP, TLS): false: it was told 503. */
bool jf_sip_admit_parsed(struct jf_sip *sip, const struct sip_msg *msg, enum jf_sip_work work);

/* jf_sip_line.c. The rank of what is in a dialog: SETUP or DIALOG. */
enum jf_sip_rank jf_sip_line_rank(const struct jf_sip_peek *peek);

/* A copy of the datagram in hand stands in line; false: no room. peek NULL: not SIP. */
bool jf_sip_line_enter(struct jf_sip_intake *intake, const struct jf_sip_peek *peek,
                       enum jf_sip_rank rank);

/* Who is due first among the first so many ranks, or the first of a rank; to be dropped by whom it
 * is given to. NULL: nobody waits. */
struct jf_sip_waiting *jf_sip_line_next(struct jf_sip_admit *admit, unsigned ranks);
struct jf_sip_waiting *jf_sip_line_take(struct jf_sip_admit *admit, enum jf_sip_rank rank);
unsigned jf_sip_line_count(const struct jf_sip_admit *admit);
void jf_sip_line_drop(struct jf_sip_waiting *one);

/* jf_sip_answers.c. Tells 503, which the trace knows why, with the others of its socket at the next
 * flush or when there are JF_UDP_BURST of them. */
void jf_sip_answers_refuse(struct jf_sip_admit *admit, struct udp_sock *sock,
                           const struct sa *source, const struct jf_sip_peek *peek,
                           enum jf_sip_why why);
void jf_sip_answers_flush(struct jf_sip_admit *admit);

struct jf_sip_oc jf_sip_admit_oc(const struct jf_sip_admit *admit);
uint32_t jf_sip_admit_retry_after(const char *call_id, size_t length);
const uint8_t *jf_sip_admit_ip(const struct sa *source, uint8_t ret_ip[16]);

#endif
