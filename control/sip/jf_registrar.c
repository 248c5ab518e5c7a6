// SPDX-License-Identifier: BSD-3-Clause
/* REGISTER (RFC 3261 10.3): who may, which contacts there are, and when they lapse. */
#include <errno.h>
#include <string.h>

#include "jf_auth.h"
#include "jf_contacts.h"
#include "jf_log.h"
#include "jf_loop.h"
#include "jf_sip_keepalive.h"
#include "jf_sip_priv.h"
#include "jf_sip_reach.h"
#include "jf_time.h"

#define DEFAULT_MIN_S   60
#define DEFAULT_MAX_S   3600
#define CONTACTS_HEADER 2048
#define EXPIRIES_MAX    64 /* told in one turn of the loop */

/* What the owner is told once the phone has its answer: it may be called the next moment. */
struct change {
	enum jf_registration_change change;
	struct jf_registration r;
};

#define CHANGES_MAX (2 * JF_SIP_CONTACTS_MAX) /* each contact may put another one out */

struct jf_registrar {
	struct jf_sip *sip;
	struct jf_contacts *contacts;
	struct jf_loop_timer timer; /* for the next to lapse */
	uint32_t min_s;
	uint32_t max_s;
	bool answering; /* a REGISTER: changes wait */
	uint32_t n_changes;
	struct change changes[CHANGES_MAX];
};

/* One Contact of a REGISTER. */
struct request_contact {
	char uri[JF_SIP_URI_MAX];
	uint32_t expires_s;
	uint16_t q;
};

struct request {
	const struct sip_msg *msg;
	char path[JF_SIP_PATH_MAX];
	bool path_unusable;
	uint32_t default_s;
	bool wildcard;
	bool unusable;
	unsigned count;
	struct request_contact contacts[JF_SIP_CONTACTS_MAX];
};

static void on_expiry(void *arg);

/* --- contacts --- */

static void arm(struct jf_registrar *registrar)
{
	uint64_t due_ns;

	if (!jf_contacts_due(registrar->contacts, &due_ns)) {
		jf_loop_timer_cancel(&registrar->timer);
		return;
	}
	jf_loop_timer_start(&registrar->timer,
	                    jf_time_since(jf_loop_now_ns(), due_ns) / JF_NS_PER_MS + 1, on_expiry,
	                    registrar);
}

static void tell(struct jf_registrar *registrar, enum jf_registration_change change,
                 const struct jf_registration *r)
{
	struct jf_sip *sip = registrar->sip;

	if (registrar->answering && registrar->n_changes < CHANGES_MAX)
		registrar->changes[registrar->n_changes++] = (struct change){change, *r};
	else
		sip->handler->registration_changed(change, r, sip->arg);
}

static void tell_changes(struct jf_registrar *registrar)
{
	registrar->answering = false;
	for (uint32_t i = 0; i < registrar->n_changes; i++)
		tell(registrar, registrar->changes[i].change, &registrar->changes[i].r);
	registrar->n_changes = 0;
}

static void remove_contact(struct jf_registrar *registrar, struct jf_contact *contact,
                           enum jf_registration_change change)
{
	struct jf_registration r = jf_contact_get(contact);

	jf_contacts_remove(registrar->contacts, contact);
	tell(registrar, change, &r);
}

static void remove_all(struct jf_registrar *registrar, const char *agent)
{
	struct jf_contact *contact;

	while ((contact = jf_contacts_first(registrar->contacts, agent)))
		remove_contact(registrar, contact, JF_REGISTRATION_REMOVED);
}

static void on_expiry(void *arg)
{
	struct jf_registrar *registrar = arg;
	uint64_t now_ns = jf_loop_now_ns(), due_ns;

	for (unsigned i = 0; i < EXPIRIES_MAX; i++) { /* the rest in the next turn */
		struct jf_contact *contact = jf_contacts_due(registrar->contacts, &due_ns);

		if (!contact || due_ns > now_ns)
			break;
		remove_contact(registrar, contact, JF_REGISTRATION_EXPIRED);
	}
	arm(registrar);
}

bool jf_registrar_has_source(const struct jf_registrar *registrar, const struct jf_sip_peer *source)
{
	return jf_contacts_by_source(registrar->contacts, source) != NULL;
}

bool jf_registrar_is_home(const struct jf_registrar *registrar, const char *agent,
                          const struct jf_sip_peer *source)
{
	for (const struct jf_contact *c = jf_contacts_first(registrar->contacts, agent); c;
	     c = jf_contact_next(c)) {
		const struct jf_sip_peer *home = jf_contact_source(c);

		if (home->family == source->family &&
		    memcmp(home->ip, source->ip, sizeof(source->ip)) == 0)
			return true;
	}
	return false;
}

/* A phone that started again comes from the same address with a new Contact: its old one is dead.
 * Beyond the limit, the one that lapses first makes room. */
static struct jf_contact *superseded(const struct jf_registrar *registrar, const char *agent,
                                     const struct jf_sip_peer *source, const struct pl *call_id)
{
	struct jf_contact *oldest = NULL;
	unsigned count = 0;

	for (struct jf_contact *c = jf_contacts_first(registrar->contacts, agent); c;
	     c = jf_contact_next(c)) {
		if (memcmp(jf_contact_source(c), source, sizeof(*source)) == 0 &&
		    pl_strcmp(call_id, jf_contact_call_id(c)))
			return c;
		if (!oldest || jf_contact_heard_ns(c) < jf_contact_heard_ns(oldest))
			oldest = c;
		count++;
	}
	return count < JF_SIP_CONTACTS_MAX ? NULL : oldest;
}

static void bind_contact(struct jf_registrar *registrar, const char *agent,
                         const struct request *request, const struct request_contact *contact)
{
	const struct sip_msg *msg = request->msg;
	struct jf_contact *former = jf_contacts_find(registrar->contacts, agent, contact->uri);
	const struct sip_hdr *user_agent = sip_msg_hdr(msg, SIP_HDR_USER_AGENT);
	bool fresh = !former;
	struct jf_registration r;

	if (contact->expires_s == 0) {
		if (former)
			remove_contact(registrar, former, JF_REGISTRATION_REMOVED);
		return;
	}
	memset(&r, 0, sizeof(r));
	strcpy(r.agent, agent);
	strcpy(r.contact, contact->uri);
	jf_sip_peer_make(&msg->src, msg->tp, &r.source);
	r.granted_s = contact->expires_s;
	r.expires_ns = jf_loop_now_ns() + contact->expires_s * JF_NS_PER_S;
	r.cseq = msg->cseq.num;
	r.q = contact->q;
	r.nat = jf_sip_reach_is_nat(&r);
	(void)jf_sip_exact_copy(&msg->callid, r.call_id, sizeof(r.call_id));
	if (user_agent)
		jf_sip_text_copy(&user_agent->val, r.user_agent, sizeof(r.user_agent));
	strcpy(r.path, request->path);
	/* Behind a proxy, several phones share an address. */
	if (fresh && !r.path[0]) {
		struct jf_contact *old = superseded(registrar, agent, &r.source, &msg->callid);

		if (old)
			remove_contact(registrar, old, JF_REGISTRATION_REMOVED);
	}
	if (jf_contacts_put(registrar->contacts, &r))
		return;
	jf_sip_keepalive_bound(registrar->sip->keepalive, agent, contact->uri);
	tell(registrar, fresh ? JF_REGISTRATION_ADDED : JF_REGISTRATION_REFRESHED, &r);
}

/* --- REGISTER --- */

/* "0.5" in thousandths (RFC 3261 25.1: qvalue); what is none counts as the most. */
static uint16_t q_of(const struct sip_addr *addr)
{
	uint16_t q = 0, unit = 100;
	struct pl text;

	if (!addr->params.p || msg_param_decode(&addr->params, "q", &text) || !text.l ||
	    text.p[0] != '0' || (text.l > 1 && text.p[1] != '.'))
		return JF_SIP_Q_MAX;
	for (size_t i = 2; i < text.l && i < 5; i++, unit /= 10) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return JF_SIP_Q_MAX;
		q = (uint16_t)(q + (text.p[i] - '0') * unit);
	}
	return q;
}

/* delta-seconds, or 3600 for what is none (RFC 3261 20.10, 20.19). */
static uint32_t seconds_of(const struct pl *text)
{
	struct jf_slice slice = {.at = text->p, .length = text->l};
	uint32_t seconds;

	return jf_slice_u32(slice, &seconds) ? seconds : DEFAULT_MAX_S;
}

/* The URI without headers: those of a Contact are for who puts it into a request by hand. */
static int copy_uri(const struct sip_addr *addr, char *ret_uri, size_t size)
{
	const char *end = memchr(addr->auri.p, '?', addr->auri.l);
	struct pl uri = addr->auri;

	if (addr->uri.headers.p && end)
		uri.l = (size_t)(end - uri.p);
	return jf_sip_exact_copy(&uri, ret_uri, size);
}

/* sip_hdr_h: true ends the walk, on the first Contact that cannot be used. */
static bool read_contact(const struct sip_hdr *header, const struct sip_msg *msg, void *arg)
{
	struct request *request = arg;
	struct request_contact *contact = &request->contacts[request->count];
	struct sip_addr addr;
	struct pl expires;

	request->unusable = true;
	if (!pl_strcmp(&header->val, "*")) {
		request->wildcard = true;
		request->unusable = false;
		return false;
	}
	if (request->count == JF_SIP_CONTACTS_MAX || sip_addr_decode(&addr, &header->val) ||
	    !jf_sip_scheme_fits(&addr.uri.scheme, msg->tp) ||
	    copy_uri(&addr, contact->uri, sizeof(contact->uri)))
		return true;
	contact->q = q_of(&addr);
	contact->expires_s = request->default_s;
	if (addr.params.p && !msg_param_decode(&addr.params, "expires", &expires))
		contact->expires_s = seconds_of(&expires);
	request->count++;
	request->unusable = false;
	return false;
}

/* sip_hdr_h: true ends the walk, on a Path that cannot be used. */
static bool read_path(const struct sip_hdr *header, const struct sip_msg *msg, void *arg)
{
	struct request *request = arg;
	size_t length = strlen(request->path);
	char uri[JF_SIP_URI_MAX];
	struct sip_addr addr;
	int n = -1;

	(void)msg;
	if (!sip_addr_decode(&addr, &header->val) &&
	    !jf_sip_exact_copy(&addr.auri, uri, sizeof(uri)))
		n = snprintf(request->path + length, sizeof(request->path) - length, "%s<%s>",
		             length ? ", " : "", uri);
	request->path_unusable = n < 0 || (size_t)n >= sizeof(request->path) - length;
	return request->path_unusable;
}

/* Is it older than what is there of the same Call-ID (RFC 3261 10.3, 7)? */
static bool is_late(const struct sip_msg *msg, const struct jf_contact *contact)
{
	return contact && !pl_strcmp(&msg->callid, jf_contact_call_id(contact)) &&
	       msg->cseq.num <= jf_contact_cseq(contact);
}

/* The refusal, or 0. */
static uint16_t check(const struct jf_registrar *registrar, const char *agent,
                      struct request *request)
{
	const struct jf_contacts *contacts = registrar->contacts;
	const struct sip_msg *msg = request->msg;

	request->default_s = msg->expires.p ? seconds_of(&msg->expires) : registrar->max_s;
	(void)sip_msg_hdr_apply(msg, true, SIP_HDR_CONTACT, read_contact, request);
	(void)sip_msg_hdr_apply(msg, true, SIP_HDR_PATH, read_path, request);
	if (request->unusable || request->path_unusable ||
	    (request->wildcard && (request->count || request->default_s)) ||
	    msg->callid.l >= JF_SIP_CALL_ID_MAX)
		return 400;
	for (const struct jf_contact *c = jf_contacts_first(contacts, agent);
	     c && request->wildcard; c = jf_contact_next(c))
		if (is_late(msg, c))
			return 500;
	for (unsigned i = 0; i < request->count; i++) {
		struct request_contact *contact = &request->contacts[i];

		if (contact->expires_s && contact->expires_s < registrar->min_s)
			return 423;
		contact->expires_s = MIN(contact->expires_s, registrar->max_s);
		if (is_late(msg, jf_contacts_find(contacts, agent, contact->uri)))
			return 500;
	}
	return 0;
}

static void reply_contacts(struct jf_registrar *registrar, const char *agent,
                           const struct request *request)
{
	const struct sip_msg *msg = request->msg;
	struct mbuf *mb = mbuf_alloc(CONTACTS_HEADER);
	uint64_t now_ns = jf_loop_now_ns();

	if (!mb)
		return;
	for (const struct jf_contact *c = jf_contacts_first(registrar->contacts, agent); c;
	     c = jf_contact_next(c)) {
		struct jf_registration r = jf_contact_get(c);
		uint64_t left_ns = jf_time_since(now_ns, r.expires_ns);

		(void)mbuf_printf(mb, "Contact: <%s>;expires=%u", r.contact,
		                  (unsigned)((left_ns + JF_NS_PER_S / 2) / JF_NS_PER_S));
		if (r.q < JF_SIP_Q_MAX)
			(void)mbuf_printf(mb, ";q=0.%03u", r.q);
		(void)mbuf_printf(mb, "\r\n");
	}
	if (request->path[0] && sip_msg_hdr_has_value(msg, SIP_HDR_SUPPORTED, "path"))
		(void)mbuf_printf(mb, "Path: %s\r\n", request->path);
	mb->pos = 0;
	(void)sip_treplyf(NULL, NULL, registrar->sip->stack, msg, false, 200, "OK",
	                  "%b" JF_SIP_EMPTY, mbuf_buf(mb), mbuf_get_left(mb));
	mem_deref(mb);
}

void jf_registrar_serve(struct jf_registrar *registrar, const struct sip_msg *msg)
{
	struct sip *stack = registrar->sip->stack;
	struct request request = {.msg = msg};
	char agent[JF_SIP_AGENT_MAX];

	if (!jf_auth_request(registrar->sip->auth, msg, agent))
		return;
	switch (check(registrar, agent, &request)) {
	case 400:
		registrar->sip->stats.malformed++;
		jf_sip_why_note(JF_SIP_WHY_CONTACT);
		(void)sip_treply(NULL, stack, msg, 400, "Bad Contact");
		return;
	case 423:
		jf_sip_why_note(JF_SIP_WHY_INTERVAL);
		(void)sip_treplyf(NULL, NULL, stack, msg, false, 423, "Interval Too Brief",
		                  "Min-Expires: %u\r\n" JF_SIP_EMPTY, registrar->min_s);
		return;
	case 500:
		jf_sip_why_note(JF_SIP_WHY_ORDER);
		(void)sip_treply(NULL, stack, msg, 500, "Out Of Order");
		return;
	default:
		break;
	}
	registrar->sip->stats.register_ok++;
	registrar->answering = true;
	if (request.wildcard)
		remove_all(registrar, agent);
	for (unsigned i = 0; i < request.count; i++)
		bind_contact(registrar, agent, &request, &request.contacts[i]);
	arm(registrar);
	reply_contacts(registrar, agent, &request);
	tell_changes(registrar);
}

/* --- the owner's side --- */

unsigned jf_sip_registrations_get(const struct jf_sip *sip, const char *agent,
                                  struct jf_registration *ret_registrations, unsigned max)
{
	uint64_t now_ns = jf_loop_now_ns();
	unsigned count = 0;

	for (unsigned unreachable = 0; unreachable < 2; unreachable++)
		for (const struct jf_contact *c =
		             jf_contacts_first(sip->registrar->contacts, agent);
		     c && count < max; c = jf_contact_next(c)) {
			struct jf_registration *r = &ret_registrations[count];

			*r = jf_contact_get(c);
			r->source = jf_sip_reach_peer(sip, r);
			count += r->expires_ns > now_ns && r->unreachable == unreachable;
		}
	return count;
}

unsigned jf_sip_registrations_page(const struct jf_sip *sip, uint64_t *cursor,
                                   struct jf_registration *ret_registrations, unsigned max)
{
	const struct jf_contact *c;
	unsigned count = 0;

	while (count < max && (c = jf_contacts_each(sip->registrar->contacts, cursor)))
		ret_registrations[count++] = jf_contact_get(c);
	return count;
}

static bool is_terminated(const struct jf_registration *r)
{
	return memchr(r->agent, '\0', sizeof(r->agent)) &&
	       memchr(r->contact, '\0', sizeof(r->contact)) &&
	       memchr(r->call_id, '\0', sizeof(r->call_id)) &&
	       memchr(r->user_agent, '\0', sizeof(r->user_agent)) &&
	       memchr(r->path, '\0', sizeof(r->path));
}

int jf_sip_registration_restore(struct jf_sip *sip, const struct jf_registration *registration)
{
	struct jf_registrar *registrar = sip->registrar;
	uint64_t now_ns = jf_loop_now_ns();
	uint64_t latest_ns = now_ns + registration->granted_s * JF_NS_PER_S;
	struct jf_registration r = *registration;
	unsigned count = 0;
	int err;

	if (r.expires_ns <= now_ns)
		return -ETIME;
	if (!is_terminated(&r) || (r.source.family != 4 && r.source.family != 6))
		return -EINVAL;
	for (const struct jf_contact *c = jf_contacts_first(registrar->contacts, r.agent); c;
	     c = jf_contact_next(c))
		count += strcmp(jf_contact_uri(c), r.contact) != 0;
	if (count >= JF_SIP_CONTACTS_MAX)
		return -ENOSPC;
	r.expires_ns = MIN(r.expires_ns, latest_ns);
	r.nat = jf_sip_reach_is_nat(&r);
	err = jf_contacts_put(registrar->contacts, &r);
	if (!err)
		jf_sip_keepalive_bound(sip->keepalive, r.agent, r.contact);
	arm(registrar);
	return err;
}

void jf_sip_registrations_drop(struct jf_sip *sip, const char *agent)
{
	jf_auth_forget(sip->auth, agent);
	remove_all(sip->registrar, agent);
	arm(sip->registrar);
}

uint32_t jf_registrar_count(const struct jf_registrar *registrar)
{
	return jf_contacts_count(registrar->contacts);
}

struct jf_contacts *jf_registrar_contacts(struct jf_registrar *registrar)
{
	return registrar->contacts;
}

int jf_registrar_create(struct jf_sip *sip, const struct jf_sip_config *config,
                        struct jf_registrar **ret_registrar)
{
	struct jf_registrar *registrar = mem_zalloc(sizeof(*registrar), NULL);
	int err;

	if (!registrar)
		return -ENOMEM;
	registrar->sip = sip;
	registrar->min_s = config->register_min_s ? config->register_min_s : DEFAULT_MIN_S;
	registrar->max_s = config->register_max_s ? config->register_max_s : DEFAULT_MAX_S;
	err = jf_contacts_create(&registrar->contacts);
	if (err)
		mem_deref(registrar);
	else
		*ret_registrar = registrar;
	return err;
}

void jf_registrar_destroy(struct jf_registrar *registrar)
{
	if (!registrar)
		return;
	jf_loop_timer_cancel(&registrar->timer);
	jf_contacts_destroy(registrar->contacts);
	mem_deref(registrar);
}
