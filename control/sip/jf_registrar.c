// SPDX-License-Identifier: BSD-3-Clause
/* REGISTER (RFC 3261 10.3): who may, which contacts there are, and when they lapse. */
#include <errno.h>
#include <string.h>

#include "jf_auth.h"
#include "jf_heap.h"
#include "jf_log.h"
#include "jf_loop.h"
#include "jf_sip_priv.h"
#include "jf_time.h"

#define AGENTS_HASH     16384
#define DEFAULT_MIN_S   60
#define DEFAULT_MAX_S   3600
#define CONTACTS_HEADER 2048

struct account {
	struct le he; /* in registrar->accounts */
	char id[JF_SIP_AGENT_MAX];
	struct list bindings; /* freshest first */
};

struct binding {
	struct le le;
	struct le source_he;        /* in registrar->sources */
	struct jf_heap_node expiry; /* by expires_ns */
	struct account *account;
	struct jf_registration r;
};

/* What the owner is told once the phone has its answer: it may be called the next moment. */
struct change {
	enum jf_registration_change change;
	struct jf_registration r;
};

#define CHANGES_MAX (2 * JF_SIP_CONTACTS_MAX) /* each contact may put another one out */

struct jf_registrar {
	struct jf_sip *sip;
	struct hash *accounts; /* those that have registered */
	struct hash *sources;  /* bindings by the address that they came from */
	struct jf_heap expiries;
	struct jf_loop_timer timer; /* for the first of expiries */
	uint32_t min_s;
	uint32_t max_s;
	uint32_t count;
	bool answering; /* a REGISTER: changes wait */
	uint32_t n_changes;
	struct change changes[CHANGES_MAX];
};

/* One Contact of a REGISTER. */
struct request_contact {
	char uri[JF_SIP_URI_MAX];
	uint32_t expires_s;
};

struct request {
	const struct sip_msg *msg;
	uint32_t default_s;
	bool wildcard;
	bool unusable;
	unsigned count;
	struct request_contact contacts[JF_SIP_CONTACTS_MAX];
};

static void on_expiry(void *arg);

/* --- accounts and bindings --- */

static bool same_account(struct le *le, void *arg)
{
	const struct account *account = le->data;

	return strcmp(account->id, arg) == 0;
}

static struct account *account_find(const struct jf_registrar *registrar, const char *id)
{
	return list_ledata(hash_lookup(registrar->accounts, hash_joaat_str(id), same_account,
	                               (void *)(uintptr_t)id));
}

static void account_destructor(void *arg)
{
	struct account *account = arg;

	list_flush(&account->bindings);
	hash_unlink(&account->he);
}

static struct account *account_get(struct jf_registrar *registrar, const char *id)
{
	struct account *account = account_find(registrar, id);

	if (account)
		return account;
	account = mem_zalloc(sizeof(*account), account_destructor);
	if (!account)
		return NULL;
	strcpy(account->id, id);
	hash_append(registrar->accounts, hash_joaat_str(id), &account->he, account);
	return account;
}

static void arm(struct jf_registrar *registrar)
{
	struct jf_heap_node *first = jf_heap_first(&registrar->expiries);
	uint64_t left_ns;

	if (!first) {
		jf_loop_timer_cancel(&registrar->timer);
		return;
	}
	left_ns = jf_time_since(jf_loop_now_ns(), first->key);
	jf_loop_timer_start(&registrar->timer, left_ns / JF_NS_PER_MS + 1, on_expiry, registrar);
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

/* change is told unless it is -1. */
static void binding_remove(struct jf_registrar *registrar, struct binding *binding, int change)
{
	struct jf_registration r = binding->r;

	list_unlink(&binding->le);
	hash_unlink(&binding->source_he);
	jf_heap_remove(&registrar->expiries, &binding->expiry);
	mem_deref(binding);
	registrar->count--;
	if (change >= 0)
		tell(registrar, (enum jf_registration_change)change, &r);
}

static uint32_t source_key(const struct jf_sip_peer *source)
{
	return hash_joaat((const uint8_t *)source, sizeof(*source));
}

static bool is_source(struct le *le, void *arg)
{
	const struct binding *binding = le->data;

	return memcmp(&binding->r.source, arg, sizeof(binding->r.source)) == 0;
}

bool jf_registrar_has_source(const struct jf_registrar *registrar, const struct jf_sip_peer *source)
{
	return hash_lookup(registrar->sources, source_key(source), is_source,
	                   (void *)(uintptr_t)source) != NULL;
}

bool jf_registrar_is_home(const struct jf_registrar *registrar, const char *agent,
                          const struct jf_sip_peer *source)
{
	const struct account *account = account_find(registrar, agent);

	for (struct le *le = account ? account->bindings.head : NULL; le; le = le->next) {
		const struct binding *binding = le->data;

		if (binding->r.source.family == source->family &&
		    memcmp(binding->r.source.ip, source->ip, sizeof(source->ip)) == 0)
			return true;
	}
	return false;
}

static int binding_put(struct jf_registrar *registrar, struct account *account,
                       struct binding *binding)
{
	list_unlink(&binding->le);
	jf_heap_remove(&registrar->expiries, &binding->expiry);
	list_prepend(&account->bindings, &binding->le, binding);
	hash_unlink(&binding->source_he);
	hash_append(registrar->sources, source_key(&binding->r.source), &binding->source_he,
	            binding);
	return jf_heap_insert(&registrar->expiries, &binding->expiry, binding->r.expires_ns);
}

static void on_expiry(void *arg)
{
	struct jf_registrar *registrar = arg;
	uint64_t now_ns = jf_loop_now_ns();
	struct jf_heap_node *first;

	for (unsigned turn = 0; turn < 256; turn++) { /* the rest in the next turn */
		first = jf_heap_first(&registrar->expiries);
		if (!first || first->key > now_ns)
			break;
		binding_remove(registrar,
		               (struct binding *)((char *)first - offsetof(struct binding, expiry)),
		               JF_REGISTRATION_EXPIRED);
	}
	arm(registrar);
}

static struct binding *binding_find(struct account *account, const char *uri)
{
	for (struct le *le = account->bindings.head; le; le = le->next) {
		struct binding *binding = le->data;

		if (strcmp(binding->r.contact, uri) == 0)
			return binding;
	}
	return NULL;
}

/* A phone that started again comes from the same address with a new Contact: its old one is dead.
 */
static struct binding *binding_superseded(struct account *account, const struct jf_sip_peer *source,
                                          const struct pl *call_id)
{
	for (struct le *le = account->bindings.head; le; le = le->next) {
		struct binding *binding = le->data;

		if (memcmp(&binding->r.source, source, sizeof(*source)) == 0 &&
		    pl_strcmp(call_id, binding->r.call_id))
			return binding;
	}
	return NULL;
}

static void bind_contact(struct jf_registrar *registrar, struct account *account,
                         const struct sip_msg *msg, const struct request_contact *contact)
{
	struct binding *binding = binding_find(account, contact->uri);
	const struct sip_hdr *agent = sip_msg_hdr(msg, SIP_HDR_USER_AGENT);
	struct jf_registration *r;
	struct jf_sip_peer source;
	bool fresh = !binding;

	if (contact->expires_s == 0) {
		if (binding)
			binding_remove(registrar, binding, JF_REGISTRATION_REMOVED);
		return;
	}
	jf_sip_peer_make(&msg->src, msg->tp, &source);
	if (!binding) {
		struct binding *old = binding_superseded(account, &source, &msg->callid);

		if (!old && list_count(&account->bindings) >= JF_SIP_CONTACTS_MAX)
			old = list_ledata(account->bindings.tail);
		if (old)
			binding_remove(registrar, old, JF_REGISTRATION_REMOVED);
		binding = mem_zalloc(sizeof(*binding), NULL);
		if (!binding)
			return;
		registrar->count++;
	}
	binding->account = account;
	r = &binding->r;
	strcpy(r->agent, account->id);
	strcpy(r->contact, contact->uri);
	r->source = source;
	r->granted_s = contact->expires_s;
	r->expires_ns = jf_loop_now_ns() + contact->expires_s * JF_NS_PER_S;
	r->cseq = msg->cseq.num;
	(void)jf_sip_exact_copy(&msg->callid, r->call_id, sizeof(r->call_id));
	if (agent)
		jf_sip_text_copy(&agent->val, r->user_agent, sizeof(r->user_agent));
	if (binding_put(registrar, account, binding)) {
		binding_remove(registrar, binding, -1);
		return;
	}
	tell(registrar, fresh ? JF_REGISTRATION_ADDED : JF_REGISTRATION_REFRESHED, r);
}

/* --- REGISTER --- */

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
	    jf_sip_exact_copy(&addr.auri, contact->uri, sizeof(contact->uri)))
		return true;
	contact->expires_s = request->default_s;
	if (addr.params.p && !msg_param_decode(&addr.params, "expires", &expires))
		contact->expires_s = pl_u32(&expires);
	request->count++;
	request->unusable = false;
	return false;
}

/* The refusal, or 0. */
static uint16_t check(const struct jf_registrar *registrar, struct account *account,
                      struct request *request)
{
	const struct sip_msg *msg = request->msg;

	request->default_s = msg->expires.p ? pl_u32(&msg->expires) : registrar->max_s;
	(void)sip_msg_hdr_apply(msg, true, SIP_HDR_CONTACT, read_contact, request);
	if (request->unusable || (request->wildcard && (request->count || request->default_s)) ||
	    msg->callid.l >= JF_SIP_CALL_ID_MAX)
		return 400;
	for (unsigned i = 0; i < request->count; i++) {
		struct request_contact *contact = &request->contacts[i];
		const struct binding *binding = binding_find(account, contact->uri);

		if (contact->expires_s && contact->expires_s < registrar->min_s)
			return 423;
		contact->expires_s = MIN(contact->expires_s, registrar->max_s);
		if (binding && !pl_strcmp(&msg->callid, binding->r.call_id) &&
		    msg->cseq.num <= binding->r.cseq)
			return 500;
	}
	return 0;
}

static void reply_contacts(struct jf_registrar *registrar, const struct account *account,
                           const struct sip_msg *msg)
{
	struct mbuf *mb = mbuf_alloc(CONTACTS_HEADER);
	uint64_t now_ns = jf_loop_now_ns();

	if (!mb)
		return;
	for (struct le *le = account->bindings.head; le; le = le->next) {
		const struct binding *binding = le->data;
		uint64_t left_ns = jf_time_since(now_ns, binding->r.expires_ns);

		(void)mbuf_printf(mb, "Contact: <%s>;expires=%u\r\n", binding->r.contact,
		                  (unsigned)((left_ns + JF_NS_PER_S / 2) / JF_NS_PER_S));
	}
	mb->pos = 0;
	(void)sip_treplyf(NULL, NULL, registrar->sip->stack, msg, false, 200, "OK",
	                  "%b" JF_SIP_EMPTY, mbuf_buf(mb), mbuf_get_left(mb));
	mem_deref(mb);
}

void jf_registrar_serve(struct jf_registrar *registrar, const struct sip_msg *msg)
{
	struct sip *stack = registrar->sip->stack;
	struct request request = {.msg = msg};
	struct account *account;
	char agent[JF_SIP_AGENT_MAX];

	if (!jf_auth_request(registrar->sip->auth, msg, agent))
		return;
	account = account_get(registrar, agent);
	if (!account) {
		(void)sip_reply(stack, msg, 500, "Server Internal Error");
		return;
	}
	switch (check(registrar, account, &request)) {
	case 400:
		registrar->sip->stats.malformed++;
		(void)sip_treply(NULL, stack, msg, 400, "Bad Contact");
		return;
	case 423:
		(void)sip_treplyf(NULL, NULL, stack, msg, false, 423, "Interval Too Brief",
		                  "Min-Expires: %u\r\n" JF_SIP_EMPTY, registrar->min_s);
		return;
	case 500:
		(void)sip_treply(NULL, stack, msg, 500, "Out Of Order");
		return;
	default:
		break;
	}
	registrar->sip->stats.register_ok++;
	registrar->answering = true;
	while (request.wildcard && account->bindings.head)
		binding_remove(registrar, list_ledata(account->bindings.head),
		               JF_REGISTRATION_REMOVED);
	for (unsigned i = 0; i < request.count; i++)
		bind_contact(registrar, account, msg, &request.contacts[i]);
	arm(registrar);
	reply_contacts(registrar, account, msg);
	tell_changes(registrar);
}

/* --- the owner's side --- */

unsigned jf_sip_registrations_get(const struct jf_sip *sip, const char *agent,
                                  struct jf_registration *ret_registrations, unsigned max)
{
	const struct account *account = account_find(sip->registrar, agent);
	uint64_t now_ns = jf_loop_now_ns();
	unsigned count = 0;

	for (struct le *le = account ? account->bindings.head : NULL; le && count < max;
	     le = le->next) {
		const struct binding *binding = le->data;

		if (binding->r.expires_ns > now_ns)
			ret_registrations[count++] = binding->r;
	}
	return count;
}

int jf_sip_registration_restore(struct jf_sip *sip, const struct jf_registration *registration)
{
	struct jf_registrar *registrar = sip->registrar;
	uint64_t now_ns = jf_loop_now_ns();
	uint64_t latest_ns = now_ns + registration->granted_s * JF_NS_PER_S;
	struct account *account;
	struct binding *binding;
	int err;

	if (registration->expires_ns <= now_ns)
		return -ETIME;
	if (!memchr(registration->agent, '\0', sizeof(registration->agent)) ||
	    !memchr(registration->contact, '\0', sizeof(registration->contact)) ||
	    !memchr(registration->call_id, '\0', sizeof(registration->call_id)) ||
	    !memchr(registration->user_agent, '\0', sizeof(registration->user_agent)) ||
	    (registration->source.family != 4 && registration->source.family != 6))
		return -EINVAL;
	account = account_get(registrar, registration->agent);
	if (!account)
		return -ENOMEM;
	binding = binding_find(account, registration->contact);
	if (!binding) {
		if (list_count(&account->bindings) >= JF_SIP_CONTACTS_MAX)
			return -ENOSPC;
		binding = mem_zalloc(sizeof(*binding), NULL);
		if (!binding)
			return -ENOMEM;
		registrar->count++;
	}
	binding->account = account;
	binding->r = *registration;
	binding->r.expires_ns = MIN(registration->expires_ns, latest_ns);
	err = binding_put(registrar, account, binding);
	if (err)
		binding_remove(registrar, binding, -1);
	arm(registrar);
	return err;
}

void jf_sip_registrations_drop(struct jf_sip *sip, const char *agent)
{
	struct account *account = account_find(sip->registrar, agent);

	jf_auth_forget(sip->auth, agent);
	while (account && account->bindings.head)
		binding_remove(sip->registrar, list_ledata(account->bindings.head),
		               JF_REGISTRATION_REMOVED);
	arm(sip->registrar);
}

uint32_t jf_registrar_count(const struct jf_registrar *registrar)
{
	return registrar->count;
}

int jf_registrar_create(struct jf_sip *sip, const struct jf_sip_config *config,
                        struct jf_registrar **ret_registrar)
{
	struct jf_registrar *registrar;
	int err;

	registrar = mem_zalloc(sizeof(*registrar), NULL);
	if (!registrar)
		return -ENOMEM;
	registrar->sip = sip;
	registrar->min_s = config->register_min_s ? config->register_min_s : DEFAULT_MIN_S;
	registrar->max_s = config->register_max_s ? config->register_max_s : DEFAULT_MAX_S;
	jf_heap_init(&registrar->expiries);
	err = -hash_alloc(&registrar->accounts, AGENTS_HASH);
	if (!err)
		err = -hash_alloc(&registrar->sources, AGENTS_HASH);
	if (err)
		jf_registrar_destroy(registrar);
	else
		*ret_registrar = registrar;
	return err;
}

void jf_registrar_destroy(struct jf_registrar *registrar)
{
	if (!registrar)
		return;
	jf_loop_timer_cancel(&registrar->timer);
	jf_heap_close(&registrar->expiries);
	hash_flush(registrar->accounts);
	mem_deref(registrar->accounts);
	mem_deref(registrar->sources);
	mem_deref(registrar);
}
