// SPDX-License-Identifier: BSD-3-Clause
/* A number outside, before it is called: whether it may be, through which trunks, and as whom. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "jf_call_outside_priv.h"

static void state_of(const struct jf_directory_trunk *trunk, struct jf_outbound_state *ret_state,
                     void *arg)
{
	struct jf_call_trunks *trunks = arg;
	const struct jf_usage *usage = jf_call_usage(trunks, JF_CALL_USAGE_TRUNK, trunk->name);
	struct jf_trunk_status status;

	if (usage)
		ret_state->usage = *usage;
	if (jf_trunks_status(jf_call_trunks_sip(trunks), trunk->name, &status)) {
		ret_state->down = true;
		return;
	}
	ret_state->down = status.health == JF_TRUNK_DOWN;
	ret_state->unregistered = status.registers && !status.expires_ns;
}

/* Of the trunks that carry the number, the one that would have been tried first. */
static enum jf_sip_why why_no_trunk(const struct jf_outbound_choice *choice)
{
	static const enum jf_sip_why whys[] = {
	        [JF_OUTBOUND_IS_ELIGIBLE] = JF_SIP_WHY_NONE,
	        [JF_OUTBOUND_IS_PREFIX] = JF_SIP_WHY_NONE,
	        [JF_OUTBOUND_IS_DOWN] = JF_SIP_WHY_TRUNK_DOWN,
	        [JF_OUTBOUND_IS_UNREGISTERED] = JF_SIP_WHY_TRUNK_UNREGISTERED,
	        [JF_OUTBOUND_IS_CALLS] = JF_SIP_WHY_TRUNK_CALLS,
	        [JF_OUTBOUND_IS_RATE] = JF_SIP_WHY_TRUNK_RATE,
	        [JF_OUTBOUND_IS_MINUTES] = JF_SIP_WHY_TRUNK_MINUTES,
	};

	for (unsigned i = 0; i < choice->n_candidates; i++)
		if (whys[choice->candidates[i].verdict])
			return whys[choice->candidates[i].verdict];
	return JF_SIP_WHY_NO_TRUNK;
}

static enum jf_sip_why why_of(const struct jf_outbound_choice *choice)
{
	static const enum jf_sip_why whys[] = {
	        [JF_OUTBOUND_NONE] = JF_SIP_WHY_NONE,
	        [JF_OUTBOUND_NOT_PERMITTED] = JF_SIP_WHY_TENANT_FORBIDDEN,
	        [JF_OUTBOUND_BAD_NUMBER] = JF_SIP_WHY_NUMBER_INVALID,
	        [JF_OUTBOUND_DENIED] = JF_SIP_WHY_NUMBER_DENIED,
	        [JF_OUTBOUND_NOT_ALLOWED] = JF_SIP_WHY_NUMBER_NOT_ALLOWED,
	        [JF_OUTBOUND_TENANT_CALLS] = JF_SIP_WHY_TENANT_CALLS,
	        [JF_OUTBOUND_TENANT_RATE] = JF_SIP_WHY_TENANT_RATE,
	        [JF_OUTBOUND_TENANT_MINUTES] = JF_SIP_WHY_TENANT_MINUTES,
	        [JF_OUTBOUND_NO_TRUNK] = JF_SIP_WHY_NO_TRUNK,
	};

	return choice->refusal == JF_OUTBOUND_NO_TRUNK ? why_no_trunk(choice)
	                                               : whys[choice->refusal];
}

static void refused_tell(const struct jf_call_party *party, const char *number,
                         enum jf_outbound_refusal refusal, const json_t *passed_over)
{
	const struct jf_call *call = party->call;
	const char *why = jf_sip_why_word(party->why);
	char text[JF_CALL_TEXT_MAX * 4];

	jf_log(JF_LOG_CALL, jf_outbound_is_alarm(refusal) ? JF_LOG_WARNING : JF_LOG_NOTICE,
	       &call->id, "outside %s refused for %s: %s (%s)",
	       jf_log_escape(number, strlen(number), text, sizeof(text)), call->tenant,
	       jf_outbound_refusal_text(refusal), why);
	jf_bus_publish(call->calls->config.bus, "outside.refused",
	               json_pack("{s:s, s:s, s:o, s:s, s:s, s:b, s:O*}", "call", call->id_text,
	                         "tenant", call->tenant, "number",
	                         jf_bus_text(number, strlen(number)), "reason",
	                         jf_outbound_refusal_text(refusal), "why", why, "alarm",
	                         jf_outbound_is_alarm(refusal), "passed_over", passed_over));
}

static json_t *passed_over_json(const struct jf_outbound_choice *choice)
{
	json_t *list = json_array();

	for (unsigned i = choice->n_eligible; i < choice->n_candidates; i++)
		json_array_append_new(
		        list,
		        json_pack("{s:s, s:s}", "trunk", choice->candidates[i].trunk->name, "why",
		                  jf_outbound_verdict_text(choice->candidates[i].verdict)));
	return list;
}

static void choose(const struct jf_call *call, const char *number,
                   struct jf_outbound_choice *ret_choice)
{
	static const struct jf_usage unused;
	struct jf_call_trunks *trunks = call->calls->trunks;
	const struct jf_usage *tenant = jf_call_usage(trunks, JF_CALL_USAGE_TENANT, call->tenant);
	struct jf_usage tenant_usage = tenant ? *tenant : unused; /* its place may change */
	struct jf_outbound_query query = {
	        .directory = jf_routing_directory(call->calls->routing),
	        .tenant = call->tenant,
	        .number = number,
	        .now_ns = jf_loop_now_ns(),
	        .tenant_usage = &tenant_usage,
	        .state = state_of,
	        .arg = trunks,
	};

	if (getrandom(&query.random, sizeof(query.random), 0) != (ssize_t)sizeof(query.random))
		query.random = query.now_ns;
	jf_outbound_choose(&query, ret_choice);
}

/* Who is shown as calling: in E.164 if it is a number. */
static void caller_set(struct jf_call_outside *o, const struct jf_call_outside_request *request)
{
	const struct jf_call *call = o->party->call;
	const struct jf_directory *directory = jf_routing_directory(call->calls->routing);
	const struct jf_directory_tenant *tenant =
	        jf_directory_tenant_find(directory, call->tenant);
	char number[JF_NUMBER_MAX];

	o->withheld = request->withheld;
	snprintf(o->name, sizeof(o->name), "%s", request->caller_name);
	if (!jf_number_normalize(&tenant->outgoing.numbers, request->caller_number, number)) {
		snprintf(o->caller, sizeof(o->caller), "%s", number);
	} else {
		snprintf(o->caller, sizeof(o->caller), "%s", tenant->outgoing.caller);
		o->name[0] = '\0';
	}
	if (!jf_number_normalize(&tenant->outgoing.numbers, request->diverted, number))
		snprintf(o->diverted, sizeof(o->diverted), "%s", number);
}

int jf_call_outside_dial(struct jf_call_party *party, const struct jf_call_outside_request *request,
                         uint16_t *ret_code, const char **ret_why)
{
	struct jf_call *call = party->call;
	struct jf_outbound_choice choice;
	struct jf_call_outside *o;
	json_t *passed_over;

	jf_call_outside_end(party);
	json_decref(party->outside_was);
	party->outside_was = NULL;
	choose(call, request->number, &choice);
	passed_over = passed_over_json(&choice);
	party->why = (uint8_t)why_of(&choice);
	if (choice.refusal) {
		refused_tell(party, request->number, choice.refusal, passed_over);
		json_decref(passed_over);
		*ret_code = jf_outbound_refusal_code(choice.refusal);
		if (ret_why)
			*ret_why = jf_outbound_refusal_text(choice.refusal);
		return -EACCES;
	}
	o = jf_call_outside_make(party);
	if (!o) {
		party->why = JF_SIP_WHY_INTERNAL;
		json_decref(passed_over);
		return -ENOMEM;
	}
	o->passed_over = passed_over;
	o->why = JF_SIP_WHY_NO_TRUNK;
	snprintf(o->number, sizeof(o->number), "%s", choice.number);
	o->n_trunks = choice.n_eligible;
	for (unsigned i = 0; i < choice.n_eligible; i++)
		snprintf(o->trunks[i], sizeof(o->trunks[i]), "%s",
		         choice.candidates[i].trunk->name);
	caller_set(o, request);
	jf_call_outside_count_begin(o, JF_CALL_USAGE_TENANT, call->tenant);
	o->tenant_begun = true;
	party->outside = o;
	jf_call_outside_next(o);
	return 0;
}
