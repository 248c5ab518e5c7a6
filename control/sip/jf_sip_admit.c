// SPDX-License-Identifier: BSD-3-Clause
#include "jf_sip_admit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <unistd.h>

#include "jf_log.h"
#include "jf_loop.h"
#include "jf_loop_priv.h"
#include "jf_sip_admit_priv.h"
#include "jf_leg_priv.h"
#include "jf_sip_priv.h"
#include "jf_sip_receive.h"
#include "jf_time.h"

#define CALL_WAIT_NS   (80 * JF_NS_PER_MS)  /* at most: with the rest, below 100 ms */
#define OTHER_WAIT_NS  (400 * JF_NS_PER_MS) /* below T1: after that it is sent again */
#define SAY_NO_NS      JF_NS_PER_MS         /* of a turn: some hundreds whom it is too late for */
#define SERVE_NS       JF_NS_PER_MS         /* of a turn, too */
#define SERVE_FULL_NS  (2 * JF_NS_PER_MS)   /* the same, in overload: more leaves together */
#define SERVE_FLOOD_NS (4 * JF_NS_PER_MS)   /* the same, when more are refused than served */
#define LOUD_LINE_MAX  32u
#define HOLD_MIN       4u /* in line, so that what is sent gathers */
#define OC_VALIDITY_MS 500u
#define MEMORY_TICKS   20u /* between two looks at how much we have */
#define SOURCE_RATE    500u
#define SOURCE_BURST_S 4u

/* --- refusing --- */

struct jf_sip_oc jf_sip_admit_oc(const struct jf_sip_admit *admit)
{
	return (struct jf_sip_oc){.loss_percent = admit->overload.loss_percent,
	                          .validity_ms = OC_VALIDITY_MS,
	                          .sequence = admit->overload.tick_ns / JF_NS_PER_MS};
}

/* --- who comes first --- */

static bool in_our_dialog(const struct jf_sip *sip, const struct jf_sip_peek *peek)
{
	struct jf_sip_span tag = peek->to_tag;
	struct pl local, call_id = {.p = peek->call_id.at, .l = peek->call_id.length};

	if (!peek->request && !jf_sip_span_parameter(peek->from, "tag", &tag))
		return false;
	if (!tag.at || !call_id.p)
		return false;
	local = (struct pl){.p = tag.at, .l = tag.length};
	return jf_leg_match(sip, &local, &call_id) != NULL;
}

/* A trunk, or a phone that has registered from there. */
static bool from_known(struct jf_sip_intake *intake)
{
	const struct jf_sip *sip = intake->sip;
	struct jf_sip_peer peer;
	uint64_t trunk;

	/* Most of a burst come from the same. */
	if (intake->asked && sa_cmp(&intake->source, &intake->datagram->source, SA_ALL))
		return intake->known;
	jf_sip_peer_make(&intake->datagram->source, SIP_TRANSP_UDP, &peer);
	intake->known = sip->handler->source_allowed(&peer, &trunk, sip->arg) ||
	                jf_registrar_has_source(sip->registrar, &peer);
	intake->source = intake->datagram->source;
	intake->asked = true;
	return intake->known;
}

static void take_urgent(struct jf_sip_intake *intake, const struct jf_sip_peek *peek)
{
	if (jf_sip_line_enter(intake, peek, jf_sip_line_rank(peek)))
		intake->admit->load.urgent++;
	else
		intake->admit->load.dropped++;
}

/* Why no call is let in at all. */
static enum jf_sip_why closed(const struct jf_sip *sip)
{
	if (sip->draining)
		return JF_SIP_WHY_DRAINING;
	for (enum jf_sip_why w = JF_SIP_WHY_CALLS; w < JF_SIP_WHY_DOOR_END; w++)
		if (sip->admit->reached[w])
			return w;
	return JF_SIP_WHY_NONE;
}

static void take_call(struct jf_sip_intake *intake, const struct jf_sip_peek *peek)
{
	struct jf_sip_admit *admit = intake->admit;
	const struct jf_sip_line *line = &admit->lines[JF_SIP_RANK_CALL];
	uint64_t key = jf_sip_transaction_key(peek, admit->secret), now_ns = intake->now_ns;
	enum jf_sip_why why;

	switch (jf_sip_verdicts_get(admit->verdicts, key, &why, now_ns)) {
	case JF_SIP_VERDICT_SERVED:
		take_urgent(intake, peek); /* the stack knows the transaction */
		return;
	case JF_SIP_VERDICT_REFUSED:
		admit->load.refused_again++;
		jf_sip_answers_refuse(admit, intake->sock, &intake->datagram->source, peek, why);
		return;
	case JF_SIP_VERDICT_NONE:
		break;
	}
	if (jf_sip_oc_offered(peek))
		jf_sip_overload_listens(&admit->overload);
	why = closed(intake->sip);
	if (!why && !jf_sip_overload_enter(&admit->overload, line->count, now_ns))
		why = JF_SIP_WHY_OVERLOAD;
	if (!why && !jf_sip_line_enter(intake, peek, JF_SIP_RANK_CALL))
		why = JF_SIP_WHY_QUEUE;
	if (!why) {
		admit->load.calls++;
		line->last->key = key;
		jf_sip_verdicts_serve(admit->verdicts, key, now_ns);
		return;
	}
	admit->load.refused[why]++;
	jf_sip_verdicts_refuse(admit->verdicts, key, why, now_ns);
	jf_sip_answers_refuse(admit, intake->sock, &intake->datagram->source, peek, why);
}

/* peek NULL: not SIP. */
static void take_other(struct jf_sip_intake *intake, const struct jf_sip_peek *peek,
                       enum jf_sip_work work)
{
	struct jf_sip_admit *admit = intake->admit;

	enum jf_sip_why why = JF_SIP_WHY_QUEUE;

	/* Nobody else is to wait behind many of one source. */
	bool room =
	        work != JF_SIP_WORK_LOUD || admit->lines[JF_SIP_RANK_OTHER].count < LOUD_LINE_MAX;

	if (room && !jf_sip_overload_admit(&admit->overload, work, intake->now_ns)) {
		why = JF_SIP_WHY_OVERLOAD;
	} else if (room && jf_sip_line_enter(intake, peek, JF_SIP_RANK_OTHER)) {
		admit->load.others++;
		return;
	}
	admit->load.others_refused++;
	if (peek && peek->request && peek->kind != JF_SIP_METHOD_ACK)
		jf_sip_answers_refuse(admit, intake->sock, &intake->datagram->source, peek, why);
}

/* peek NULL: not SIP. */
static void take_strange(struct jf_sip_intake *intake, const struct jf_sip_peek *peek)
{
	const uint8_t *ip = jf_sip_admit_ip(&intake->datagram->source, intake->ip);
	struct jf_sip_sources *sources = intake->admit->sources;
	bool loud = jf_sip_sources_loud(sources, ip, intake->now_ns);

	if ((peek && !peek->request) || jf_sip_sources_take(sources, ip, intake->now_ns)) {
		take_other(intake, peek, loud ? JF_SIP_WORK_LOUD : JF_SIP_WORK_OTHER);
		return;
	}
	intake->admit->load.limited++;
	if (peek)
		jf_sip_trace_door(intake->sock, &intake->datagram->source, peek, NULL,
		                  JF_SIP_WHY_RATE);
}

static void take(struct jf_sip_intake *intake)
{
	const struct jf_udp_datagram *datagram = intake->datagram;
	struct jf_sip_admit *admit = intake->admit;
	struct jf_sip_peek peek;
	bool readable = !jf_sip_peek(datagram->bytes, datagram->length, &peek);
	bool inside =
	        readable && (peek.to_tag.at || !peek.request || peek.kind == JF_SIP_METHOD_CANCEL);

	if (readable && jf_sip_refuse_is_ack(&peek, admit->secret))
		return;
	if (inside && in_our_dialog(intake->sip, &peek)) {
		take_urgent(intake, &peek);
		return;
	}
	if (!from_known(intake))
		take_strange(intake, readable ? &peek : NULL);
	else if (!readable)
		take_other(intake, NULL, JF_SIP_WORK_OTHER);
	else if (inside || peek.kind == JF_SIP_METHOD_ACK || peek.kind == JF_SIP_METHOD_OPTIONS)
		take_urgent(intake, &peek);
	else if (peek.kind == JF_SIP_METHOD_INVITE)
		take_call(intake, &peek);
	else
		take_other(intake, &peek, JF_SIP_WORK_OTHER);
}

const uint8_t *jf_sip_admit_ip(const struct sa *source, uint8_t ret_ip[16])
{
	memset(ret_ip, 0, 16);
	if (sa_af(source) == AF_INET6)
		memcpy(ret_ip, &source->u.in6.sin6_addr, 16);
	else
		memcpy(ret_ip, &source->u.in.sin_addr, 4);
	return ret_ip;
}

/* --- serving --- */

/* How late it is: what may wait a little, and does, is not. */
static void note_late(struct jf_sip_admit *admit, const struct jf_sip_waiting *one, uint64_t now_ns)
{
	uint64_t late_ns = jf_time_since(one->due_ns, now_ns);
	unsigned bucket = 0;

	jf_sip_overload_waited(&admit->overload, late_ns);
	for (uint64_t w = late_ns >> 14; w && bucket + 1 < JF_SIP_WAIT_BUCKETS; w >>= 1)
		bucket++;
	admit->load.waits[bucket]++;
}

/* Shall it not be served any more? More calls than there is room for: from before there was
 * overload. */
static bool is_late(const struct jf_sip_admit *admit, enum jf_sip_rank rank, uint64_t wait_ns)
{
	if (rank == JF_SIP_RANK_OTHER)
		return wait_ns > OTHER_WAIT_NS;
	return wait_ns > CALL_WAIT_NS ||
	       admit->lines[JF_SIP_RANK_CALL].count / 2 >= jf_sip_overload_room(&admit->overload);
}

static void refuse_late(struct jf_sip_admit *admit, enum jf_sip_rank rank,
                        const struct jf_sip_waiting *one, uint64_t now_ns)
{
	struct jf_sip_peek peek;

	if (rank == JF_SIP_RANK_CALL) {
		admit->load.calls--;
		admit->load.refused[JF_SIP_WHY_WAITED]++;
		jf_sip_verdicts_refuse(admit->verdicts, one->key, JF_SIP_WHY_WAITED, now_ns);
		jf_sip_overload_give_up(&admit->overload, now_ns);
	} else {
		admit->load.others--;
		admit->load.others_refused++;
		admit->overload.refused_ns = now_ns;
	}
	if (jf_sip_peek((const char *)one->mb->buf, one->mb->end, &peek) || !peek.request ||
	    peek.kind == JF_SIP_METHOD_ACK)
		return;
	jf_sip_answers_refuse(admit, one->sock, &one->source, &peek, JF_SIP_WHY_WAITED);
}

/* Each turn, for who is last in line may not be reached before it is too late to say no. Not after
 * until_ns: then somebody who is late may still be there, and it is false. */
static bool clear_late(struct jf_sip_admit *admit, enum jf_sip_rank rank, uint64_t until_ns)
{
	const struct jf_sip_line *line = &admit->lines[rank];
	uint64_t now_ns = jf_loop_now_ns();

	while (line->first &&
	       is_late(admit, rank, jf_time_since(line->first->arrived_ns, now_ns))) {
		struct jf_sip_waiting *one;

		if (now_ns >= until_ns)
			return false;
		one = jf_sip_line_take(admit, rank);
		note_late(admit, one, now_ns);
		refuse_late(admit, rank, one, now_ns);
		jf_sip_line_drop(one);
		now_ns = jf_loop_now_ns();
	}
	return true;
}

/* The ranks that may be served: of others it is too late for whoever is first. */
static unsigned clear_all_late(struct jf_sip_admit *admit, uint64_t until_ns)
{
	for (enum jf_sip_rank r = JF_SIP_RANK_CALL; r < JF_SIP_RANKS; r++)
		if (!clear_late(admit, r, until_ns))
			return r;
	return JF_SIP_RANKS;
}

/* Of the first so many ranks; false: nobody is in line. */
static bool serve_one(struct jf_sip *sip, unsigned ranks, uint64_t now_ns)
{
	struct jf_sip_admit *admit = sip->admit;
	struct jf_sip_waiting *next = jf_sip_line_next(admit, ranks);

	if (!next)
		return false;
	note_late(admit, next, now_ns);
	if (next->key)
		jf_sip_overload_serve(&admit->overload);
	jf_sip_receive(sip, next->sock, &next->source, next->mb);
	jf_sip_line_drop(next);
	return true;
}

static uint64_t serving_share_ns(const struct jf_sip_overload *overload)
{
	if (!overload->active)
		return SERVE_NS;
	return overload->loss_percent < 50 ? SERVE_FULL_NS : SERVE_FLOOD_NS;
}

/* Once a turn. What is left makes the next turn come at once. */
static void serve(struct jf_sip *sip)
{
	struct jf_sip_admit *admit = sip->admit;
	uint64_t share_ns = serving_share_ns(&admit->overload);
	unsigned in_line = jf_sip_line_count(admit), ranks;
	uint64_t began_ns, now_ns;
	const uint64_t one = 1;

	if (in_line && admit->served_turn != jf_loop_turn()) {
		admit->served_turn = jf_loop_turn();
		jf_loop_part(JF_LOOP_SERVING);
		if (in_line >= HOLD_MIN)
			jf_udp_hold();
		ranks = clear_all_late(admit, jf_loop_now_ns() + SAY_NO_NS);
		began_ns = now_ns = jf_loop_now_ns();
		while (now_ns - began_ns < share_ns && serve_one(sip, ranks, now_ns))
			now_ns = jf_loop_now_ns();
		jf_udp_release();
		jf_sip_answers_flush(admit);
	}
	if (jf_sip_line_count(admit) && !admit->woken)
		admit->woken = write(admit->wake_fd, &one, sizeof(one)) == sizeof(one);
}

/* Readable, and so called each turn, until there is nothing more to do. */
static void on_wake(unsigned events, void *arg)
{
	struct jf_sip *sip = arg;
	struct jf_sip_admit *admit = sip->admit;
	uint64_t count;

	(void)events;
	serve(sip);
	if (jf_sip_line_count(admit))
		return;
	(void)!read(admit->wake_fd, &count, sizeof(count));
	admit->woken = false;
}

/* --- the controller's clock --- */

static bool memory_reached(const struct jf_sip_admit *admit)
{
	unsigned long long resident = 0;
	FILE *file;
	bool reached = false;

	if (!admit->memory_max_bytes)
		return false;
	file = fopen("/proc/self/statm", "re");
	if (!file)
		return false;
	if (fscanf(file, "%*u %llu", &resident) == 1)
		reached = resident * (uint64_t)sysconf(_SC_PAGESIZE) > admit->memory_max_bytes;
	fclose(file);
	return reached;
}

static void on_tick(void *arg)
{
	struct jf_sip *sip = arg;
	struct jf_sip_admit *admit = sip->admit;
	struct jf_sip_load load;

	if (admit->ticks++ % MEMORY_TICKS == 0)
		admit->reached[JF_SIP_WHY_MEMORY] = memory_reached(admit);
	if (admit->came || admit->overload.active)
		tmr_start(&admit->tick, JF_SIP_OVERLOAD_TICK_NS / JF_NS_PER_MS, on_tick, sip);
	admit->came = false;
	if (!jf_sip_overload_tick(&admit->overload, jf_loop_busy_ns(), jf_loop_now_ns()))
		return;
	if (admit->overload.refusing)
		admit->load.began++;
	jf_sip_load_get(sip, &load);
	jf_log(JF_LOG_SIP, JF_LOG_WARNING, NULL,
	       load.overload ? "overload: new calls are refused beyond %.0f a second"
	                     : "overload has ended; %.0f calls a second would be carried",
	       load.calls_per_second);
	if (admit->load_handler)
		admit->load_handler(&load, admit->load_arg);
}

/* Something has come: while anything does, the clock runs. */
static void keep_ticking(struct jf_sip *sip, uint64_t now_ns)
{
	struct jf_sip_admit *admit = sip->admit;

	admit->came = true;
	if (tmr_isrunning(&admit->tick))
		return;
	admit->ticks = 0;
	jf_sip_overload_resume(&admit->overload, jf_loop_busy_ns(), now_ns);
	tmr_start(&admit->tick, JF_SIP_OVERLOAD_TICK_NS / JF_NS_PER_MS, on_tick, sip);
}

/* What came while we were starting (calls and 100,000 registrations come back out of the store) is
 * no sign of overload, and not too late to be served. */
static uint64_t waited_in_service(struct jf_sip_admit *admit, uint64_t waited_ns, uint64_t now_ns)
{
	if (!admit->opened_ns)
		admit->opened_ns = now_ns;
	return MIN(waited_ns, now_ns - admit->opened_ns);
}

static void on_burst(struct udp_sock *sock, const struct jf_udp_datagram *datagrams, unsigned count,
                     void *arg)
{
	struct jf_sip *sip = arg;
	struct jf_sip_intake intake = {
	        .sip = sip, .admit = sip->admit, .sock = sock, .now_ns = jf_loop_now_ns()};

	if (!count) {
		jf_sip_answers_flush(sip->admit);
		serve(sip);
		return;
	}
	keep_ticking(sip, intake.now_ns);
	intake.waited_ns = waited_in_service(sip->admit, datagrams[0].waited_ns, intake.now_ns);
	jf_sip_overload_waited(&sip->admit->overload, intake.waited_ns);
	for (unsigned i = 0; i < count; i++) {
		intake.datagram = &datagrams[i];
		take(&intake);
	}
}

void jf_sip_admit_listen(struct jf_sip *sip, const struct sa *local)
{
	jf_udp_watch_next(local, on_burst, sip);
}

void jf_sip_load_watch(struct jf_sip *sip, jf_sip_load_handler *handler, void *arg)
{
	sip->admit->load_handler = handler;
	sip->admit->load_arg = arg;
}

void jf_sip_limit_set(struct jf_sip *sip, enum jf_sip_why why, bool reached)
{
	sip->admit->reached[why] = reached;
}

void jf_sip_load_get(const struct jf_sip *sip, struct jf_sip_load *ret_load)
{
	const struct jf_sip_admit *admit = sip->admit;

	*ret_load = admit->load;
	ret_load->overload = admit->overload.refusing;
	ret_load->loss_percent = admit->overload.loss_percent;
	ret_load->calls_per_second = admit->overload.rate;
	ret_load->call_us = admit->overload.call_ns / 1e3;
	ret_load->busy_share = admit->overload.busy_share;
	ret_load->waiting = jf_sip_line_count(admit);
	ret_load->dropped += jf_udp_oversized();
}

uint64_t jf_sip_load_wait_ns(const struct jf_sip_load *load, double share)
{
	uint64_t all = 0, sum = 0;

	for (unsigned b = 0; b < JF_SIP_WAIT_BUCKETS; b++)
		all += load->waits[b];
	for (unsigned b = 0; all && b < JF_SIP_WAIT_BUCKETS; b++) {
		sum += load->waits[b];
		if ((double)sum >= share * (double)all)
			return UINT64_C(1) << (14 + b);
	}
	return 0;
}

/* --- on what is parsed --- */

/* One that cannot stand in line: refused when those that can are, too. */
static enum jf_sip_why decide(struct jf_sip *sip, enum jf_sip_work work, uint64_t now_ns)
{
	struct jf_sip_admit *admit = sip->admit;
	unsigned in_line = admit->lines[JF_SIP_RANK_CALL].count;
	enum jf_sip_why why = JF_SIP_WHY_NONE;

	if (work == JF_SIP_WORK_CALL)
		why = closed(sip);
	else if (sip->draining)
		why = JF_SIP_WHY_DRAINING;
	if (why)
		return why;
	if (work == JF_SIP_WORK_CALL && in_line &&
	    !jf_sip_overload_enter(&admit->overload, in_line, now_ns))
		return JF_SIP_WHY_OVERLOAD;
	return jf_sip_overload_admit(&admit->overload, work, now_ns) ? JF_SIP_WHY_NONE
	                                                             : JF_SIP_WHY_OVERLOAD;
}

bool jf_sip_admit_parsed(struct jf_sip *sip, const struct sip_msg *msg, enum jf_sip_work work)
{
	struct jf_sip_admit *admit = sip->admit;
	enum jf_sip_why why;

	/* A datagram has stood in line. */
	if (msg->tp == SIP_TRANSP_UDP && !sip->draining)
		return true;
	keep_ticking(sip, jf_loop_now_ns());
	why = decide(sip, work, jf_loop_now_ns());
	if (!why) {
		*(work == JF_SIP_WORK_CALL ? &admit->load.calls : &admit->load.others) += 1;
		return true;
	}
	*(work == JF_SIP_WORK_CALL ? &admit->load.refused[why] : &admit->load.others_refused) += 1;
	jf_sip_why_note(why);
	(void)sip_replyf(sip->stack, msg, 503, "Service Unavailable",
	                 "Retry-After: %u\r\n" JF_SIP_EMPTY,
	                 jf_sip_admit_retry_after(msg->callid.p, msg->callid.l));
	return false;
}

/* --- life --- */

int jf_sip_admit_create(struct jf_sip *sip, const struct jf_sip_config *config)
{
	struct jf_sip_admit *admit = calloc(1, sizeof(*admit));
	uint32_t rate = config->source_rate ? config->source_rate : SOURCE_RATE;
	int err;

	if (!admit)
		return -ENOMEM;
	sip->admit = admit;
	admit->wake_fd = -1;
	admit->served_turn = UINT64_MAX;
	admit->memory_max_bytes = (uint64_t)config->memory_max_mb << 20;
	jf_sip_overload_init(&admit->overload, jf_loop_now_ns());
	if (getrandom(admit->secret, sizeof(admit->secret), 0) != sizeof(admit->secret))
		return -EIO;
	err = jf_sip_sources_create(rate, rate * SOURCE_BURST_S, admit->secret, &admit->sources);
	if (!err)
		err = jf_sip_verdicts_create(&admit->verdicts);
	if (!err) {
		admit->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
		if (admit->wake_fd < 0)
			err = -errno;
	}
	if (!err)
		err = jf_loop_fd_watch(admit->wake_fd, JF_LOOP_READ, on_wake, sip);
	return err;
}

/* After the stack, whose sockets call us. */
void jf_sip_admit_destroy(struct jf_sip *sip)
{
	struct jf_sip_admit *admit = sip->admit;
	struct jf_sip_waiting *left;

	if (!admit)
		return;
	tmr_cancel(&admit->tick);
	if (admit->wake_fd >= 0) {
		jf_loop_fd_unwatch(admit->wake_fd);
		close(admit->wake_fd);
	}
	while ((left = jf_sip_line_next(admit, JF_SIP_RANKS)))
		jf_sip_line_drop(left);
	mem_deref(admit->answering);
	jf_sip_sources_destroy(admit->sources);
	jf_sip_verdicts_destroy(admit->verdicts);
	free(admit);
	sip->admit = NULL;
}
