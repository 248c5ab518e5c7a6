// SPDX-License-Identifier: BSD-3-Clause
#include "jf_sip_keepalive.h"

#include <errno.h>
#include <string.h>

#include "jf_contacts.h"
#include "jf_leg_priv.h"
#include "jf_loop.h"
#include "jf_time.h"

#define DEFAULT_S    30u
#define DEFAULT_RATE 1000u
#define TURN_MS      20u /* between two portions, when more are due than may be asked at once */

struct jf_sip_keepalive {
	struct jf_sip *sip;
	enum jf_sip_keepalive_whom whom;
	uint32_t interval_ms;
	uint32_t portion; /* of a turn */
	uint64_t turn_ns; /* when the last portion was asked */
	struct jf_loop_timer timer;
};

static void on_turn(void *arg);

static struct jf_contacts *contacts_of(const struct jf_sip_keepalive *keepalive)
{
	return jf_registrar_contacts(keepalive->sip->registrar);
}

static void arm(struct jf_sip_keepalive *keepalive)
{
	uint64_t turn_ns = keepalive->turn_ns + TURN_MS * JF_NS_PER_MS, at_ns;

	if (!jf_contacts_to_ask(contacts_of(keepalive), &at_ns)) {
		jf_loop_timer_cancel(&keepalive->timer);
		return;
	}
	jf_loop_timer_start(&keepalive->timer,
	                    jf_time_since(jf_loop_now_ns(), MAX(at_ns, turn_ns)) / JF_NS_PER_MS + 1,
	                    on_turn, keepalive);
}

/* After the whole interval less up to a tenth, so that those who came together part. */
static void ask_later(struct jf_sip_keepalive *keepalive, struct jf_contact *contact)
{
	uint32_t ms = keepalive->interval_ms - rand_u32() % (keepalive->interval_ms / 10 + 1);

	(void)jf_contacts_ask_at(contacts_of(keepalive), contact,
	                         jf_loop_now_ns() + ms * JF_NS_PER_MS);
}

static void reachable_set(struct jf_sip_keepalive *keepalive, struct jf_contact *contact,
                          bool reachable)
{
	struct jf_contact_life *life = jf_contact_life(contact);
	struct jf_sip *sip = keepalive->sip;
	struct jf_registration r;

	if (life->unreachable == !reachable)
		return;
	life->unreachable = !reachable;
	r = jf_contact_get(contact);
	sip->handler->registration_changed(
	        reachable ? JF_REGISTRATION_REACHABLE : JF_REGISTRATION_UNREACHABLE, &r, sip->arg);
}

/* --- asking --- */

static void send_question(const struct jf_sip_keepalive *keepalive, const struct jf_registration *r,
                          uint64_t token)
{
	struct jf_sip *sip = keepalive->sip;
	struct jf_sip_peer hop = r->path[0] ? jf_dialog_route_hop(r->path, &r->source) : r->source;
	char host[JF_SIP_CONTACT_MAX], contact[JF_SIP_CONTACT_MAX];
	struct mbuf *mb = mbuf_alloc(1024);
	struct pl agent;
	int err = 0;

	if (!mb)
		return; /* as good as lost on its way */
	pl_set_str(&agent, r->agent);
	(void)jf_sip_host(sip, &hop, host, sizeof(host));
	(void)jf_sip_contact(sip, &hop, contact, sizeof(contact));
	if (r->path[0])
		err = mbuf_printf(mb, "Route: %s\r\n", r->path);
	if (!err && !mbuf_printf(mb,
	                         "Max-Forwards: 70\r\nFrom: <sip:%H@%s>;tag=%016llx\r\nTo: <%s>\r\n"
	                         "Call-ID: %016llx%016llx\r\nCSeq: 1 OPTIONS\r\nContact: <%s>\r\n"
	                         "User-Agent: %s\r\nAccept: application/sdp\r\n" JF_SIP_EMPTY,
	                         uri_user_escape, &agent, host, token, r->contact, token,
	                         rand_u64(), contact, sip->user_agent)) {
		mb->pos = 0;
		(void)jf_sip_send(sip,
		                  &(struct jf_sip_sending){.hop = hop,
		                                           .method = "OPTIONS",
		                                           .uri = r->contact,
		                                           .mb = mb,
		                                           .stateless = true},
		                  NULL, NULL, NULL);
		sip->stats.keepalives++;
	}
	mem_deref(mb);
}

/* It is asked, for the first time or again, or its time to answer is over. */
static void ask(struct jf_sip_keepalive *keepalive, struct jf_contact *contact)
{
	struct jf_contact_life *life = jf_contact_life(contact);
	struct jf_registration r;

	if (life->token && life->unanswered < JF_SIP_KEEPALIVE_UNANSWERED)
		life->unanswered++;
	if (life->token && life->unanswered == JF_SIP_KEEPALIVE_UNANSWERED) {
		life->token = 0; /* from now on it is asked once each time */
		ask_later(keepalive, contact);
		reachable_set(keepalive, contact, false);
		return;
	}
	life->token = rand_u64() | 1;
	r = jf_contact_get(contact);
	send_question(keepalive, &r, life->token);
	(void)jf_contacts_ask_at(contacts_of(keepalive), contact,
	                         jf_loop_now_ns() + JF_SIP_KEEPALIVE_ASK_MS * JF_NS_PER_MS);
}

static void on_turn(void *arg)
{
	struct jf_sip_keepalive *keepalive = arg;
	uint64_t at_ns;

	keepalive->turn_ns = jf_loop_now_ns();
	for (uint32_t i = 0; i < keepalive->portion; i++) {
		struct jf_contact *contact = jf_contacts_to_ask(contacts_of(keepalive), &at_ns);

		if (!contact || at_ns > keepalive->turn_ns)
			break;
		ask(keepalive, contact);
	}
	arm(keepalive);
}

/* --- who is asked --- */

/* Of one behind a proxy, no connection and no address of ours says whether it is there. */
static bool is_asked(const struct jf_sip_keepalive *keepalive, const struct jf_contact *contact)
{
	if (keepalive->whom == JF_SIP_KEEPALIVE_NONE)
		return false;
	if (jf_contact_has_path(contact))
		return true;
	return jf_contact_source(contact)->transport == JF_SIP_UDP &&
	       (keepalive->whom == JF_SIP_KEEPALIVE_ALL || jf_contact_is_nat(contact));
}

void jf_sip_keepalive_bound(struct jf_sip_keepalive *keepalive, const char *agent, const char *uri)
{
	struct jf_contacts *contacts = contacts_of(keepalive);
	struct jf_contact *contact = jf_contacts_find(contacts, agent, uri);
	uint64_t at_ns;

	if (!contact)
		return;
	jf_contact_life(contact)->unanswered = 0;
	reachable_set(keepalive, contact, true);
	if (!is_asked(keepalive, contact)) {
		(void)jf_contacts_ask_at(contacts, contact, 0);
	} else if (!jf_contact_is_asked(contact)) {
		/* Thousands may come back at once: anywhere in the interval. */
		at_ns = jf_loop_now_ns() + rand_u32() % keepalive->interval_ms * JF_NS_PER_MS;
		(void)jf_contacts_ask_at(contacts, contact, at_ns);
	}
	arm(keepalive);
}

/* A proxy on the way says that it does not reach the phone (RFC 3261 21.4.9, RFC 5626 11.5). */
static bool is_of_proxy(const struct jf_contact *contact, uint16_t code)
{
	return jf_contact_has_path(contact) &&
	       (code == 408 || code == 430 || (code >= 502 && code <= 504));
}

bool jf_sip_keepalive_response(struct jf_sip_keepalive *keepalive, const struct sip_msg *msg)
{
	struct jf_contact_life *life;
	struct jf_contact *contact;
	char agent[JF_SIP_AGENT_MAX];
	uint64_t token;

	if (pl_strcmp(&msg->cseq.met, "OPTIONS") || msg->from.tag.l != 16)
		return false;
	token = pl_x64(&msg->from.tag);
	jf_sip_user_copy(&msg->from.uri.user, agent, sizeof(agent));
	for (contact = jf_contacts_first(contacts_of(keepalive), agent); contact;
	     contact = jf_contact_next(contact))
		if (token && jf_contact_life(contact)->token == token)
			break;
	if (!contact || msg->scode < 200 || is_of_proxy(contact, msg->scode))
		return contact != NULL;
	life = jf_contact_life(contact);
	life->token = 0;
	life->unanswered = 0;
	ask_later(keepalive, contact);
	reachable_set(keepalive, contact, true);
	arm(keepalive);
	return true;
}

/* --- life --- */

int jf_sip_keepalive_create(struct jf_sip *sip, const struct jf_sip_config *config,
                            struct jf_sip_keepalive **ret_keepalive)
{
	uint32_t rate = config->keepalive_rate ? config->keepalive_rate : DEFAULT_RATE;
	struct jf_sip_keepalive *keepalive = mem_zalloc(sizeof(*keepalive), NULL);

	if (!keepalive)
		return -ENOMEM;
	keepalive->sip = sip;
	keepalive->whom = config->keepalive;
	keepalive->interval_ms = (config->keepalive_s ? config->keepalive_s : DEFAULT_S) * 1000;
	keepalive->portion = MAX(rate * TURN_MS / 1000, 1u);
	*ret_keepalive = keepalive;
	return 0;
}

void jf_sip_keepalive_destroy(struct jf_sip_keepalive *keepalive)
{
	if (!keepalive)
		return;
	jf_loop_timer_cancel(&keepalive->timer);
	mem_deref(keepalive);
}
