// SPDX-License-Identifier: BSD-3-Clause
/* The table of kinds: what each does when a caller comes to it, and what it makes of events. */
#include <string.h>

#include "jf_ivr_priv.h"
#include "jf_time.h"

/* ---- Sounds ---------------------------------------------------------------------------------- */

static void play_enter(struct jf_ivr_walk *walk)
{
	/* Who typed ahead has heard it before. */
	if (walk->ivr->n_ahead && !walk->node->whole)
		jf_ivr_leave(walk, JF_IVR_NEXT, NULL);
	else
		jf_ivr_play(walk, &walk->node->says, NULL);
}

static void play_on(struct jf_ivr_walk *walk, const struct jf_ivr_event *event)
{
	if (event->type == JF_IVR_EVENT_PLAYED)
		jf_ivr_leave(walk, JF_IVR_NEXT, NULL);
	if (event->type != JF_IVR_EVENT_DIGIT)
		return;
	jf_ivr_keep_ahead(walk->ivr, event->digit);
	if (walk->node->whole)
		return;
	jf_ivr_stop(walk);
	jf_ivr_leave_by(walk, 0, "key");
}

/* ---- Data ------------------------------------------------------------------------------------ */

static void set_enter(struct jf_ivr_walk *walk)
{
	const struct jf_ivr_node *node = walk->node;

	for (uint32_t i = 0; i < node->n_puts; i++) {
		char value[JF_IVR_DATA_VALUE_MAX + 1];
		struct jf_ivr_text text = {value, sizeof(value), node->puts[i].secret};

		jf_ivr_expand(walk->ivr, node->puts[i].text, JF_IVR_PLAIN, &text);
		(void)jf_ivr_data_set(&walk->ivr->data, node->puts[i].key, value, text.secret);
		explicit_bzero(value, sizeof(value));
	}
	jf_ivr_leave(walk, JF_IVR_NEXT, NULL);
}

static void branch_enter(struct jf_ivr_walk *walk)
{
	for (uint32_t w = 0; w < walk->node->n_ways; w++) {
		const struct jf_ivr_way *way = &walk->node->ways[w];

		if (way->type == JF_IVR_CASE && jf_ivr_condition_holds(walk->ivr, way->match)) {
			jf_ivr_leave_by(walk, w, way->match);
			return;
		}
	}
	jf_ivr_leave(walk, JF_IVR_NEXT, NULL);
}

/* ---- Questions ------------------------------------------------------------------------------- */

static bool has_way(const struct jf_ivr_node *node, enum jf_ivr_way_type type)
{
	for (uint32_t w = 0; w < node->n_ways; w++)
		if (node->ways[w].type == type)
			return true;
	return false;
}

static void calendar_enter(struct jf_ivr_walk *walk)
{
	walk->ivr->phase = JF_IVR_ASKING;
	walk->out->what |= JF_IVR_DO_CALENDAR;
	walk->out->name = walk->node->target;
}

static void calendar_on(struct jf_ivr_walk *walk, const struct jf_ivr_event *event)
{
	if (event->type != JF_IVR_EVENT_CALENDAR)
		return;
	if (event->way == JF_IVR_OPEN)
		jf_ivr_leave(walk, JF_IVR_OPEN, NULL);
	else if (event->way == JF_IVR_HOLIDAY && has_way(walk->node, JF_IVR_HOLIDAY))
		jf_ivr_leave(walk, JF_IVR_HOLIDAY, NULL);
	else
		jf_ivr_leave(walk, JF_IVR_CLOSED, NULL);
}

static void caller_enter(struct jf_ivr_walk *walk)
{
	walk->ivr->phase = JF_IVR_ASKING;
	walk->out->what |= JF_IVR_DO_CALLER;
}

static void caller_on(struct jf_ivr_walk *walk, const struct jf_ivr_event *event)
{
	enum jf_ivr_way_type way = event->way;

	if (event->type != JF_IVR_EVENT_CALLER)
		return;
	if (way == JF_IVR_VIP && !has_way(walk->node, JF_IVR_VIP))
		way = JF_IVR_KNOWN;
	if (way == JF_IVR_KNOWN && !has_way(walk->node, JF_IVR_KNOWN))
		way = JF_IVR_NEXT;
	jf_ivr_leave(walk, way, NULL);
}

/* ---- Servers --------------------------------------------------------------------------------- */

static void http_enter(struct jf_ivr_walk *walk)
{
	const struct jf_ivr_http *http = &walk->node->http;
	struct jf_ivr *ivr = walk->ivr;
	struct jf_ivr_text url = {ivr->url, sizeof(ivr->url), false};
	struct jf_ivr_text body = {ivr->body, sizeof(ivr->body), false};

	if (!jf_ivr_expand(ivr, http->url, JF_IVR_FOR_URL, &url) ||
	    !jf_ivr_expand(ivr, http->body ? http->body : "", JF_IVR_FOR_JSON, &body)) {
		jf_ivr_leave_by(walk, JF_IVR_NOWHERE, "too long");
		return;
	}
	ivr->phase = JF_IVR_ASKING;
	ivr->ask++;
	jf_ivr_wait(walk, http->deadline_ms);
	walk->out->what |= JF_IVR_DO_HTTP;
	walk->out->ask = ivr->ask;
	walk->out->http = http;
	walk->out->url = ivr->url;
	walk->out->body = ivr->body;
}

static void http_on(struct jf_ivr_walk *walk, const struct jf_ivr_event *event)
{
	const struct jf_ivr_http *http = &walk->node->http;

	if (event->type == JF_IVR_EVENT_DIGIT)
		jf_ivr_keep_ahead(walk->ivr, event->digit);
	if (event->type == JF_IVR_EVENT_TIMER)
		jf_ivr_leave_by(walk, JF_IVR_NOWHERE, "deadline");
	if (event->type != JF_IVR_EVENT_HTTP || event->ask != walk->ivr->ask)
		return;
	if (!event->values) {
		jf_ivr_leave(walk, JF_IVR_FAILED, NULL);
		return;
	}
	for (uint32_t i = 0; i < http->n_takes; i++)
		(void)jf_ivr_data_set(&walk->ivr->data, http->takes[i].key,
		                      event->values[i] ? event->values[i] : "",
		                      http->takes[i].secret);
	jf_ivr_leave(walk, JF_IVR_NEXT, NULL);
}

/* ---- Ends ------------------------------------------------------------------------------------ */

static void end_enter(struct jf_ivr_walk *walk)
{
	const struct jf_ivr_node *node = walk->node;
	struct jf_ivr *ivr = walk->ivr;
	struct jf_ivr_text number = {ivr->callback, sizeof(ivr->callback), false};
	struct jf_ivr_text language = {ivr->language, sizeof(ivr->language), false};

	ivr->phase = JF_IVR_ENDED;
	jf_ivr_expand(ivr, node->number ? node->number : "{call.caller}", JF_IVR_PLAIN, &number);
	jf_ivr_expand(ivr, node->queue.language ? node->queue.language : jf_ivr_language(ivr),
	              JF_IVR_PLAIN, &language);
	walk->out->what |= JF_IVR_DO_END;
	walk->out->end = node;
	walk->out->number = ivr->callback;
	walk->out->language = ivr->language;
}

static void end_on(struct jf_ivr_walk *walk, const struct jf_ivr_event *event)
{
	if (event->type == JF_IVR_EVENT_REFUSED)
		jf_ivr_leave_by(walk, JF_IVR_NOWHERE, "refused");
}

static void flow_enter(struct jf_ivr_walk *walk)
{
	const struct jf_ivr_flows *flows = walk->ivr->flows;

	walk->to_flow = flows->links[walk->ivr->flow].goes[walk->ivr->node];
	walk->to = flows->links[walk->to_flow].start;
	walk->way = "flow";
	walk->moves = true;
}

/* ---- The table ------------------------------------------------------------------------------- */

#define WAY(type) (1u << JF_IVR_##type)

#define INPUT(text, needs)                                                                         \
	{                                                                                          \
		text, needs, 0, false, jf_ivr_input_enter, jf_ivr_input_on                         \
	}
#define END(text, takes)                                                                           \
	{                                                                                          \
		text, 0, takes, true, end_enter, end_on                                            \
	}

const struct jf_ivr_row jf_ivr_rows[JF_IVR_KIND_COUNT] = {
        [JF_IVR_PLAY] = {"play", WAY(NEXT), 0, false, play_enter, play_on},
        [JF_IVR_SAY] = {"say", WAY(NEXT), 0, false, play_enter, play_on},
        [JF_IVR_MENU] = INPUT("menu", WAY(KEY) | WAY(FAILED)),
        [JF_IVR_COLLECT] = INPUT("collect", WAY(NEXT) | WAY(FAILED)),
        [JF_IVR_SET] = {"set", WAY(NEXT), 0, false, set_enter, NULL},
        [JF_IVR_BRANCH] = {"branch", WAY(CASE) | WAY(NEXT), 0, false, branch_enter, NULL},
        [JF_IVR_CALENDAR] = {"calendar", WAY(OPEN) | WAY(CLOSED), WAY(HOLIDAY), false,
                             calendar_enter, calendar_on},
        [JF_IVR_CALLER] = {"caller", WAY(NEXT), WAY(VIP) | WAY(KNOWN), false, caller_enter,
                           caller_on},
        [JF_IVR_HTTP] = {"http", WAY(NEXT) | WAY(FAILED), 0, false, http_enter, http_on},
        [JF_IVR_QUEUE] = END("queue", WAY(FAILED)),
        [JF_IVR_TRANSFER] = END("transfer", WAY(FAILED)),
        [JF_IVR_VOICEMAIL] = END("voicemail", WAY(FAILED)),
        [JF_IVR_CALLBACK] = END("callback", WAY(FAILED)),
        [JF_IVR_SURVEY] = END("survey", WAY(FAILED)),
        [JF_IVR_HANGUP] = END("hangup", 0),
        [JF_IVR_FLOW] = {"flow", 0, 0, false, flow_enter, NULL},
};
