// SPDX-License-Identifier: BSD-3-Clause
/* The SIP of the world: legs and registrations that remember, and the peers who drive them. */
#include "world_priv.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "jf_sip_trace.h"

struct jf_identity world_identity;
const char *world_unreachable;

/* ---- What the call layer asks for ------------------------------------------------------------ */

static char registered[8][64];
static unsigned int n_registered;

unsigned int jf_sip_registrations_get(const struct jf_sip *sip, const char *agent,
                                      struct jf_registration *ret, unsigned int max)
{
	(void)sip;
	(void)max;
	for (unsigned int i = 0; i < n_registered; i++)
		if (!strcmp(registered[i], agent)) {
			*ret = (struct jf_registration){
			        .granted_s = 60,
			        .source = {.family = 4, .transport = world.transports}};
			snprintf(ret->agent, sizeof(ret->agent), "%s", agent);
			snprintf(ret->contact, sizeof(ret->contact), "sip:%s@192.0.2.9", agent);
			return 1;
		}
	return 0;
}

int jf_sip_registration_restore(struct jf_sip *sip, const struct jf_registration *registration)
{
	(void)sip;
	snprintf(registered[n_registered++], 64, "%s", registration->agent);
	return 0;
}

void jf_sip_registrations_drop(struct jf_sip *sip, const char *agent)
{
	struct jf_registration r = {.granted_s = 60};

	(void)sip;
	snprintf(r.agent, sizeof(r.agent), "%s", agent);
	for (unsigned int i = 0; i < n_registered; i++)
		if (!strcmp(registered[i], agent)) {
			memmove(registered[i], registered[--n_registered], 64);
			jf_calls_sip_handler.registration_changed(JF_REGISTRATION_REMOVED, &r,
			                                          world.calls);
		}
}

static uint64_t leg_serial;

static struct jf_leg *leg_new(bool incoming)
{
	struct jf_leg *leg = &world.legs[leg_serial % WORLD_LEGS];

	*leg = (struct jf_leg){.id = ++leg_serial, .used = true, .incoming = incoming};
	return leg;
}

static enum jf_sip_why noted;

void jf_sip_why_note(enum jf_sip_why why)
{
	noted = why;
}

static void said(struct jf_leg *leg, const char *what, uint16_t code)
{
	leg->refused_for = leg->incoming && !leg->answered ? noted : JF_SIP_WHY_NONE;
	noted = JF_SIP_WHY_NONE;
	snprintf(leg->said, sizeof(leg->said), "%s", what);
	leg->code = code;
}

void jf_leg_user_set(struct jf_leg *leg, void *user)
{
	leg->user = user;
}

void *jf_leg_user(const struct jf_leg *leg)
{
	return leg->user;
}

void jf_leg_credentials_set(struct jf_leg *leg, const struct jf_trunk_credentials *credentials)
{
	(void)leg;
	(void)credentials;
}

void jf_leg_call_id_set(struct jf_leg *leg, const struct jf_call_id *call_id)
{
	(void)leg;
	(void)call_id;
}

const char *jf_leg_state_name(const struct jf_leg *leg)
{
	return leg->ended ? "ended" : "alive";
}

const char *jf_leg_dump(const struct jf_leg *leg, char *ret_text, size_t size)
{
	snprintf(ret_text, size, "%s", leg->said);
	return ret_text;
}

void jf_leg_end(struct jf_leg *leg, uint16_t code, const char *reason)
{
	assert_false(leg->ended);
	said(leg, "end", code);
	snprintf(leg->why, sizeof(leg->why), "%s", reason ? reason : "");
}

void jf_leg_detach(struct jf_leg *leg)
{
	leg->detached = true;
}

int jf_leg_answer(struct jf_leg *leg, const struct jf_media_desc *local)
{
	leg->local = *local;
	leg->answered = true;
	said(leg, "answer", 200);
	return 0;
}

int jf_leg_reject(struct jf_leg *leg, uint16_t code, const char *reason, const char *headers)
{
	(void)reason;
	snprintf(leg->headers, sizeof(leg->headers), "%s", headers ? headers : "");
	said(leg, "reject", code);
	return 0;
}

int jf_leg_create(struct jf_sip *sip, const struct jf_leg_target *target,
                  const struct jf_media_desc *local, void *user, struct jf_leg **ret_leg)
{
	struct jf_leg *leg;

	(void)sip;
	if (world_unreachable && !strcmp(world_unreachable, target->to_user))
		return -EHOSTUNREACH;
	leg = leg_new(false);
	leg->user = user;
	leg->local = *local;
	leg->peer = target->peer;
	leg->first_response_ms = target->first_response_ms;
	snprintf(leg->headers, sizeof(leg->headers), "%s", target->headers ? target->headers : "");
	snprintf(leg->target, sizeof(leg->target), "%s", target->to_user);
	snprintf(leg->from_user, sizeof(leg->from_user), "%s", target->from_user);
	snprintf(leg->from_name, sizeof(leg->from_name), "%s", target->from_name);
	said(leg, "invite", 0);
	*ret_leg = leg;
	return 0;
}

int jf_leg_accept(struct jf_leg *leg, const struct jf_media_desc *local)
{
	leg->local = *local;
	said(leg, "accept", 200);
	return 0;
}

int jf_leg_refuse(struct jf_leg *leg, uint16_t code, const char *reason, const char *headers)
{
	(void)reason;
	snprintf(leg->headers, sizeof(leg->headers), "%s", headers ? headers : "");
	said(leg, "refuse", code);
	return 0;
}

int jf_leg_refer_answer(struct jf_leg *leg, uint16_t code)
{
	leg->refer_code = code;
	return 0;
}

bool jf_leg_is_referring(const struct jf_leg *leg)
{
	return leg->refer_code == 202 && leg->notified < 200;
}

int jf_leg_refer_notify(struct jf_leg *leg, uint16_t code)
{
	leg->notified = code;
	return 0;
}

int jf_leg_ring(struct jf_leg *leg)
{
	said(leg, "ring", 180);
	return 0;
}

int jf_leg_ring_early(struct jf_leg *leg, const struct jf_media_desc *local)
{
	leg->local = *local;
	said(leg, "early", 183);
	return 0;
}

uint64_t jf_leg_id(const struct jf_leg *leg)
{
	return leg->id;
}

int jf_leg_send_digit(struct jf_leg *leg, char digit, uint32_t duration_ms)
{
	size_t length = strlen(leg->digits);

	(void)duration_ms;
	leg->digits[length] = digit;
	leg->digits[length + 1] = '\0';
	return 0;
}

int jf_leg_ask_picture(struct jf_leg *leg)
{
	leg->pictures++;
	return 0;
}

int jf_leg_ping(struct jf_leg *leg, unsigned int timeout_ms)
{
	(void)timeout_ms;
	leg->pinged = true;
	return 0;
}

int jf_leg_export(const struct jf_leg *leg, struct jf_leg_state *ret_state)
{
	*ret_state = (struct jf_leg_state){.version = JF_LEG_STATE_VERSION, .id = leg->id};
	return leg->answered ? 0 : -EPROTO;
}

int jf_leg_early_export(const struct jf_leg *leg, struct jf_leg_early *ret_early)
{
	*ret_early = (struct jf_leg_early){
	        .version = JF_LEG_EARLY_VERSION,
	        .described = !strcmp(leg->said, "early"),
	        .dialog = {.id = leg->id, .incoming = leg->incoming, .local_media = leg->local},
	};
	return !leg->answered && (leg->incoming || leg->heard) ? 0 : -EPROTO;
}

int jf_leg_early_import(struct jf_sip *sip, const struct jf_leg_early *early, void *user,
                        struct jf_leg **ret_leg)
{
	const struct jf_leg_state state = {.version = JF_LEG_STATE_VERSION, .id = early->dialog.id};

	return jf_leg_import(sip, &state, user, ret_leg);
}

int jf_leg_import(struct jf_sip *sip, const struct jf_leg_state *state, void *user,
                  struct jf_leg **ret_leg)
{
	struct jf_leg *leg = &world.legs[(state->id - 1) % WORLD_LEGS];

	(void)sip;
	assert_int_equal(state->version, JF_LEG_STATE_VERSION);
	leg->user = user;
	leg->detached = false;
	*ret_leg = leg;
	return 0;
}

/* ---- What the peers do ----------------------------------------------------------------------- */

void world_sip_forget(void)
{
	n_registered = 0;
}

void world_register(const char *agent)
{
	struct jf_registration r = {.granted_s = 60};

	snprintf(registered[n_registered++], 64, "%s", agent);
	snprintf(r.agent, sizeof(r.agent), "%s", agent);
	jf_calls_sip_handler.registration_changed(JF_REGISTRATION_ADDED, &r, world.calls);
}

struct jf_media_desc world_desc(uint8_t law, uint16_t port)
{
	return (struct jf_media_desc){
	        .family = 4,
	        .event_type = 96,
	        .ptime_ms = 20,
	        .codec_count = 1,
	        .rtp_port = port,
	        .rtcp_port = (uint16_t)(port + 1),
	        .ip = {192, 0, 2, 1},
	        .codecs = {{.codec = law, .payload_type = law}},
	};
}

static struct jf_leg *invite(const char *number, const struct jf_media_desc *offer)
{
	struct jf_leg *leg = leg_new(true);
	struct jf_leg_invite i = {
	        .source = {.family = 4, .ip = {192, 0, 2, 1}, .transport = world.transport},
	        .number = number,
	        .from_user = "37255500001",
	        .from_name = "",
	        .to_user = number,
	        .identity = &world_identity,
	        .agent = "",
	        .sip_call_id = "x",
	        .offer = offer,
	};

	assert_true(jf_calls_sip_handler.source_allowed(&i.source, &i.trunk, world.calls));
	jf_calls_sip_handler.leg_incoming(leg, &i, world.calls);
	return leg;
}

struct jf_leg *world_agent_invite(const char *agent, const char *number,
                                  const struct jf_media_desc *offer)
{
	static const struct jf_identity identity;
	struct jf_leg *leg = leg_new(true);
	struct jf_leg_invite i = {
	        .source = {.family = 4, .ip = {192, 0, 2, 9}},
	        .number = number,
	        .from_user = agent,
	        .from_name = "",
	        .to_user = number,
	        .identity = &identity,
	        .agent = agent,
	        .sip_call_id = "y",
	        .offer = offer,
	};

	jf_calls_sip_handler.leg_incoming(leg, &i, world.calls);
	return leg;
}

void world_leg_refer(struct jf_leg *leg, const char *user, uint64_t replaces)
{
	struct jf_leg_refer refer = {.uri = "sip:x",
	                             .user = user,
	                             .referred_by = "",
	                             .replaces = replaces,
	                             .replaces_header = ""};
	struct jf_leg_event event = {.type = JF_LEG_REFER, .refer = &refer};

	jf_calls_sip_handler.leg_event(leg, &event, world.calls);
}

struct jf_leg *world_invite(const char *number)
{
	struct jf_media_desc offer = world_desc(JF_LAW_PCMA, 4000);

	return invite(number, &offer);
}

struct jf_leg *world_invite_with(const char *number, const struct jf_media_desc *offer)
{
	return invite(number, offer);
}

void world_leg_digit(struct jf_leg *leg, char digit)
{
	struct jf_leg_event event = {.type = JF_LEG_DIGIT, .digit = digit, .duration_ms = 160};

	jf_calls_sip_handler.leg_event(leg, &event, world.calls);
}

struct jf_leg *world_invite_late(const char *number)
{
	return invite(number, NULL);
}

struct jf_leg *world_caller_greeted(const char *number)
{
	struct jf_leg *leg = world_invite(number);

	assert_string_equal(leg->said, "answer");
	world_leg(leg, JF_LEG_CONFIRMED, 0, NULL);
	return leg;
}

struct jf_leg *world_caller(const char *number)
{
	struct jf_leg *leg = world_caller_greeted(number);

	world_played();
	return leg;
}

void world_leg(struct jf_leg *leg, enum jf_leg_event_type type, uint16_t code,
               const struct jf_media_desc *media)
{
	struct jf_leg_event event = {.type = type, .code = code, .media = media};

	leg->heard |= type == JF_LEG_PROVISIONAL;
	leg->answered |= type == JF_LEG_ANSWERED;
	if (!leg->detached && !leg->ended)
		jf_calls_sip_handler.leg_event(leg, &event, world.calls);
}

void world_leg_ended(struct jf_leg *leg, enum jf_leg_end end, uint16_t code)
{
	struct jf_leg_event event = {.type = JF_LEG_ENDED, .code = code, .end = end};

	if (leg->detached || leg->ended)
		return;
	leg->ended = true;
	jf_calls_sip_handler.leg_event(leg, &event, world.calls);
}

struct jf_leg *world_leg_to(const char *agent)
{
	struct jf_leg *found = NULL;

	for (unsigned int i = 0; i < WORLD_LEGS; i++)
		if (world.legs[i].used && !strcmp(world.legs[i].target, agent) &&
		    (!found || world.legs[i].id > found->id))
			found = &world.legs[i];
	return found;
}
