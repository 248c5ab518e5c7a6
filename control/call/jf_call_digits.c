// SPDX-License-Identifier: BSD-3-Clause
/*
 * Key presses: from the media, where the dataplane has passed them on already, and by INFO, where
 * we do; each once. A phone that sends both has sent one press. Where somebody would hear it twice,
 * an INFO waits for a moment whether the same key comes in the media too; where the engine asks, it
 * is taken at once, so that a prompt ends, and what the media bring of it is left out. What is
 * masked is counted and forgotten.
 */
#include <errno.h>
#include <string.h>

#include "jf_call_asked.h"

#define SAME_PRESS_NS (100 * JF_NS_PER_MS)

static struct jf_call_party *other_of(struct jf_call_party *party)
{
	struct jf_call *call = party->call;

	if (party == call->line)
		return call->target;
	if (party == call->target)
		return call->line ? call->line : call->agent;
	return party == &call->caller ? call->agent : &call->caller;
}

/* A key of a caller whom the engine asks, or may be told something by. */
static void key_take(struct jf_call *call, char digit)
{
	if (call->state == JF_CALL_QUEUED)
		jf_call_wait_key(call, digit);
	else if (call->state == JF_CALL_VOICEMAIL)
		jf_call_message_key(call, digit);
	else if (call->state == JF_CALL_SURVEY)
		jf_call_survey_key(call, digit);
}

static void report(struct jf_call_party *party, char digit, uint64_t at_ns)
{
	struct jf_call *call = party->call;
	char text[2] = {digit, '\0'};
	json_t *json =
	        json_pack("{s:s, s:s, s:I}", "digit", text, "side",
	                  party == &call->caller ? "caller" : "agent", "at_ms",
	                  (json_int_t)(jf_time_since(call->arrived_ns, at_ns) / JF_NS_PER_MS));

	/* A copy: publishing adds what says which call. */
	json_array_append_new(call->digits, json_copy(json));
	jf_call_publish(call, "call.digit", json);
	if (call->state < JF_CALL_CLOSING)
		jf_call_row_store(call);
	if (party == &call->caller)
		key_take(call, digit);
	else if (party == call->agent && call->state == JF_CALL_LISTENING)
		jf_call_listen_key(call, digit);
}

static bool takes_info(const struct jf_call_party *party)
{
	return party->leg && party->call->state == JF_CALL_TALKING &&
	       party->policy.media.digits == JF_DIRECTORY_DIGITS_INFO;
}

static void count_masked(struct jf_call_party *party)
{
	party->masked_digits++;
	if (party->call->state < JF_CALL_CLOSING)
		jf_call_row_store(party->call);
}

/* ---- From the media -------------------------------------------------------------------------- */

/* The one at that place is out. */
static void drop_at(struct jf_call_press *list, uint8_t *n, uint8_t at)
{
	(*n)--;
	memmove(&list[at], &list[at + 1], (*n - at) * sizeof(*list));
	explicit_bzero(&list[*n], sizeof(*list));
}

/* The same press is among those, which came by INFO: it has come. digit '\0': masked, any. */
static bool press_take(struct jf_call_press *list, uint8_t *n, char digit)
{
	for (uint8_t i = 0; i < *n; i++) {
		if (digit && list[i].digit != digit)
			continue;
		drop_at(list, n, i);
		return true;
	}
	return false;
}

static void taken_forget(struct jf_call_presses *p, uint64_t now_ns)
{
	while (p->n_taken && jf_time_since(p->taken[0].at_ns, now_ns) >= SAME_PRESS_NS)
		drop_at(p->taken, &p->n_taken, 0);
}

void jf_call_digit_media(struct jf_call *call, const struct jf_media_event *event)
{
	struct jf_call_party *party = jf_call_party_at(call, event->endpoint);
	struct jf_call_party *other = other_of(party);

	if (jf_call_asked_at(call, event->endpoint)) /* it has not answered */
		return;
	taken_forget(&party->presses, jf_loop_now_ns());
	if (press_take(party->presses.taken, &party->presses.n_taken, event->digit))
		return;
	(void)press_take(party->presses.waiting, &party->presses.n_waiting, event->digit);
	party->presses.last = event->digit;
	party->presses.last_masked = event->masked;
	party->presses.last_ns = jf_loop_now_ns();
	if (event->masked) {
		count_masked(party);
		return;
	}
	if (party == &call->caller && jf_call_flow_key(call, event->digit))
		return;
	report(party, event->digit, event->at_ns);
	if (takes_info(other))
		(void)jf_leg_send_digit(other->leg, event->digit, JF_CALL_DIGIT_MS);
}

/* ---- By INFO --------------------------------------------------------------------------------- */

static void info_accept(struct jf_call_party *party, char digit, uint32_t duration_ms,
                        uint64_t at_ns)
{
	struct jf_call_party *other = other_of(party);
	char text[2] = {digit, '\0'};
	int err = 0;

	if (party->mask) {
		count_masked(party);
		return;
	}
	if (party == &party->call->caller && jf_call_flow_key(party->call, digit))
		return;
	report(party, digit, at_ns);
	if (takes_info(other))
		err = jf_leg_send_digit(other->leg, digit, duration_ms);
	else if (party->call->state == JF_CALL_TALKING)
		err = jf_media_send_digits(party->call->calls->config.media, other->endpoint, text,
		                           duration_ms);
	if (err)
		jf_log(JF_LOG_CALL, JF_LOG_NOTICE, &party->call->id,
		       "a key press was not passed on: %s", strerror(-err));
}

static void waited(void *arg)
{
	struct jf_call_party *party = arg;
	struct jf_call_presses *p = &party->presses;
	uint64_t now_ns = jf_loop_now_ns();

	while (p->n_waiting && jf_time_since(p->waiting[0].at_ns, now_ns) >= SAME_PRESS_NS) {
		struct jf_call_press press = p->waiting[0];

		drop_at(p->waiting, &p->n_waiting, 0);
		info_accept(party, press.digit, press.duration_ms, press.at_ns);
	}
	if (p->n_waiting) {
		uint64_t age_ns = jf_time_since(p->waiting[0].at_ns, now_ns);

		jf_loop_timer_start(&p->timer, (SAME_PRESS_NS - age_ns) / JF_NS_PER_MS + 1, waited,
		                    party);
	}
}

/* Nobody but the engine is to know of its keys. */
static bool is_asked(const struct jf_call_party *party)
{
	enum jf_call_state state = party->call->state;

	if (party == &party->call->caller)
		return state == JF_CALL_FLOW || state == JF_CALL_QUEUED ||
		       state == JF_CALL_VOICEMAIL || state == JF_CALL_SURVEY;
	return party == party->call->agent && state == JF_CALL_LISTENING;
}

void jf_call_digit_info(struct jf_call_party *party, char digit, uint32_t duration_ms)
{
	struct jf_call_presses *p = &party->presses;
	uint64_t now_ns = jf_loop_now_ns();

	if (party->call->state >= JF_CALL_CLOSING)
		return;
	if (p->last_ns && jf_time_since(p->last_ns, now_ns) < SAME_PRESS_NS &&
	    (p->last == digit || p->last_masked)) {
		p->last_ns = 0; /* a second INFO is another press */
		return;
	}
	taken_forget(p, now_ns);
	if (is_asked(party) && !p->n_waiting && p->n_taken < JF_CALL_PRESSES) {
		p->taken[p->n_taken++] = (struct jf_call_press){digit, duration_ms, now_ns};
		info_accept(party, digit, duration_ms, now_ns);
		return;
	}
	if (p->n_waiting == JF_CALL_PRESSES) {
		jf_log(JF_LOG_CALL, JF_LOG_WARNING, &party->call->id,
		       "key presses by INFO come too fast: one is left out");
		return;
	}
	p->waiting[p->n_waiting++] = (struct jf_call_press){digit, duration_ms, now_ns};
	if (p->n_waiting == 1)
		jf_loop_timer_start(&p->timer, SAME_PRESS_NS / JF_NS_PER_MS, waited, party);
}

void jf_call_presses_flush(struct jf_call_party *party)
{
	struct jf_call_presses *p = &party->presses;

	jf_loop_timer_cancel(&p->timer);
	for (uint8_t i = 0; i < p->n_waiting; i++)
		info_accept(party, p->waiting[i].digit, p->waiting[i].duration_ms,
		            p->waiting[i].at_ns);
	explicit_bzero(p->waiting, sizeof(p->waiting));
	p->n_waiting = 0;
}

/* ---- Masking --------------------------------------------------------------------------------- */

int jf_calls_mask(struct jf_calls *calls, const struct jf_call_id *id, bool on)
{
	struct jf_call *call = jf_call_find(calls, id);
	int err;

	if (!call || call->state >= JF_CALL_CLOSING)
		return -ENOENT;
	if (call->caller.mask == on)
		return -EALREADY;
	err = jf_media_mask(calls->config.media, call->caller.endpoint, on);
	if (err)
		return err;
	call->caller.mask = on;
	jf_log(JF_LOG_CALL, JF_LOG_INFO, &call->id, "key presses are %s",
	       on ? "masked" : "not masked any more");
	jf_call_publish(call, on ? "call.masked" : "call.unmasked", NULL);
	jf_call_row_store(call);
	return 0;
}
