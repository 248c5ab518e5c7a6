// SPDX-License-Identifier: BSD-3-Clause
/* The trunks that there are, what is known of them, and how something is sent to one. */
#include "jf_trunk.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "jf_log.h"
#include "jf_time.h"
#include "jf_trunk_priv.h"

/* ---- Telling --------------------------------------------------------------------------------- */

static enum jf_trunk_health health_of(const struct jf_trunk *trunk)
{
	static const uint8_t rank[JF_TRUNK_HEALTH_COUNT] = {[JF_TRUNK_UP] = 3,
	                                                    [JF_TRUNK_DOUBTED] = 2,
	                                                    [JF_TRUNK_UNKNOWN] = 1,
	                                                    [JF_TRUNK_DOWN] = 0};
	enum jf_trunk_health best = JF_TRUNK_DOWN;

	for (unsigned i = 0; i < trunk->n_gates; i++)
		if (rank[trunk->gates[i].d.health] > rank[best])
			best = trunk->gates[i].d.health;
	return best;
}

static void status_make(const struct jf_trunk *trunk, struct jf_trunk_status *ret_status)
{
	uint64_t now_ns = jf_loop_now_ns();

	*ret_status = (struct jf_trunk_status){
	        .health = health_of(trunk),
	        .since_ns = trunk->since_ns,
	        .n_destinations = trunk->n_gates,
	        .registration = trunk->registration,
	        .registers = trunk->register_s > 0,
	        .expires_ns = trunk->kept.expires_ns > now_ns ? trunk->kept.expires_ns : 0,
	        .error_ns = trunk->error_ns,
	};
	for (unsigned i = 0; i < trunk->n_gates; i++)
		ret_status->destinations[i] = trunk->gates[i].d;
	memcpy(ret_status->error, trunk->error, sizeof(trunk->error));
}

static void tell(void *arg)
{
	struct jf_trunk *trunk = arg;
	unsigned untold = trunk->untold;
	struct jf_trunk_status status;

	trunk->untold = 0;
	status_make(trunk, &status);
	for (unsigned change = 0; untold >> change; change++)
		if (untold >> change & 1)
			trunk->trunks->changed(trunk->name, (enum jf_trunk_change)change, &status,
			                       trunk->trunks->arg);
}

void jf_trunk_tell(struct jf_trunk *trunk, enum jf_trunk_change change)
{
	if (change == JF_TRUNK_CHANGE_HEALTH)
		trunk->since_ns = jf_loop_now_ns();
	trunk->untold |= 1u << change;
	tmr_start(&trunk->tell_timer, 0, tell, trunk);
}

void jf_trunk_error(struct jf_trunk *trunk, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(trunk->error, sizeof(trunk->error), format, args);
	va_end(args);
	trunk->error_ns = jf_loop_now_ns();
}

/* ---- Sending --------------------------------------------------------------------------------- */

int jf_trunk_send(struct jf_sip *sip, const struct jf_sip_peer *peer,
                  const struct jf_trunk_request *request, struct sip_request **ret_request,
                  sip_resp_h *handler, void *arg)
{
	struct mbuf *mb = mbuf_alloc(1024);
	int err;

	if (!mb)
		return -ENOMEM;
	err = mbuf_printf(mb,
	                  "Max-Forwards: 70\r\nFrom: <%s>;tag=%s\r\nTo: <%s>\r\nCall-ID: %s\r\n"
	                  "CSeq: %u %s\r\nUser-Agent: %s\r\n%s" JF_SIP_EMPTY,
	                  request->address, request->tag, request->address, request->call_id,
	                  request->cseq, request->method, sip->user_agent, request->headers);
	if (err)
		goto out;
	mb->pos = 0;
	err = -jf_sip_send(
	        sip,
	        &(struct jf_sip_sending){
	                .hop = *peer, .method = request->method, .uri = request->uri, .mb = mb},
	        ret_request, handler, arg);
out:
	mem_deref(mb);
	return -err;
}

/* ---- The list -------------------------------------------------------------------------------- */

static struct jf_trunk *find(const struct jf_trunks *trunks, const char *name)
{
	for (struct le *le = trunks->list.head; le; le = le->next) {
		struct jf_trunk *trunk = le->data;

		if (strcmp(trunk->name, name) == 0)
			return trunk;
	}
	return NULL;
}

static void trunk_destructor(void *arg)
{
	struct jf_trunk *trunk = arg;

	list_unlink(&trunk->le);
	tmr_cancel(&trunk->tell_timer);
	jf_trunk_register_stop(trunk, false);
	for (unsigned i = 0; i < trunk->n_gates; i++)
		jf_trunk_gate_stop(&trunk->gates[i]);
	explicit_bzero(&trunk->credentials, sizeof(trunk->credentials));
}

/* "sip:host:port;transport=tcp" without anything but the host. */
static void host_of(const char *uri, char *ret_host, size_t size)
{
	const char *host = strchr(uri, ':') ? strchr(uri, ':') + 1 : uri;
	size_t length = host[0] == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":;");

	snprintf(ret_host, size, "%.*s", (int)length, host);
}

static void identity_make(struct jf_trunk *trunk, const struct jf_trunk_options *options)
{
	char domain[128], user[JF_SIP_NAME_MAX];

	if (options->domain[0])
		snprintf(domain, sizeof(domain), "%s", options->domain);
	else if (options->register_s)
		host_of(options->uris[0], domain, sizeof(domain));
	else
		(void)jf_sip_host(trunk->trunks->sip, NULL, domain, sizeof(domain));
	jf_sip_user_make(trunk->has_credentials ? trunk->credentials.user : "jackfield", user,
	                 sizeof(user));
	snprintf(trunk->address, sizeof(trunk->address), "sip:%s@%s", user, domain);
	snprintf(trunk->address_uri, sizeof(trunk->address_uri), "sip:%s", domain);
}

static int add(struct jf_trunks *trunks, const struct jf_trunk_options *options)
{
	struct jf_trunk *trunk = mem_zalloc(sizeof(*trunk), trunk_destructor);

	if (!trunk)
		return -ENOMEM;
	trunk->trunks = trunks;
	trunk->wanted = true;
	snprintf(trunk->name, sizeof(trunk->name), "%s", options->name);
	trunk->options_s = options->options_s;
	trunk->register_s = options->credentials ? options->register_s : 0;
	trunk->has_credentials = options->credentials != NULL;
	if (options->credentials)
		trunk->credentials = *options->credentials;
	trunk->since_ns = jf_loop_now_ns();
	trunk->n_gates = (unsigned)(options->n_uris < JF_TRUNK_URIS_MAX ? options->n_uris
	                                                                : JF_TRUNK_URIS_MAX);
	identity_make(trunk, options);
	list_append(&trunks->list, &trunk->le, trunk);
	for (unsigned i = 0; i < trunk->n_gates; i++) {
		struct jf_trunk_gate *gate = &trunk->gates[i];

		gate->trunk = trunk;
		snprintf(gate->d.uri, sizeof(gate->d.uri), "%s", options->uris[i]);
		jf_trunk_gate_start(gate);
	}
	jf_trunk_register_start(trunk, options->kept);
	return 0;
}

static bool is_same(const struct jf_trunk *trunk, const struct jf_trunk_options *options)
{
	struct jf_trunk other = {.trunks = trunk->trunks};

	if (trunk->options_s != options->options_s || trunk->n_gates != options->n_uris ||
	    trunk->has_credentials != (options->credentials != NULL) ||
	    (options->credentials &&
	     (trunk->register_s != options->register_s ||
	      memcmp(&trunk->credentials, options->credentials, sizeof(trunk->credentials)) != 0)))
		return false;
	for (unsigned i = 0; i < trunk->n_gates; i++)
		if (strcmp(trunk->gates[i].d.uri, options->uris[i]) != 0)
			return false;
	other.has_credentials = trunk->has_credentials;
	other.credentials = trunk->credentials;
	identity_make(&other, options);
	explicit_bzero(&other.credentials, sizeof(other.credentials));
	return strcmp(other.address, trunk->address) == 0;
}

/* Will one of the list have the same binding at the registrar? Its REGISTER replaces this one's. */
static bool is_replaced(const struct jf_trunk *trunk, const struct jf_trunk_options *list,
                        size_t count)
{
	bool found = false;

	for (size_t i = 0; i < count && !found; i++) {
		struct jf_trunk other = {.trunks = trunk->trunks, .has_credentials = true};

		if (!list[i].credentials || !list[i].register_s || !list[i].n_uris)
			continue;
		other.credentials = *list[i].credentials;
		snprintf(other.gates[0].d.uri, sizeof(other.gates[0].d.uri), "%s", list[i].uris[0]);
		identity_make(&other, &list[i]);
		explicit_bzero(&other.credentials, sizeof(other.credentials));
		found = strcmp(other.address, trunk->address) == 0;
	}
	return found;
}

int jf_trunks_set(struct jf_trunks *trunks, const struct jf_trunk_options *list, size_t count)
{
	struct le *le = trunks->list.head;
	int err = 0;

	for (struct le *l = trunks->list.head; l; l = l->next)
		((struct jf_trunk *)l->data)->wanted = false;
	for (size_t i = 0; i < count; i++) {
		struct jf_trunk *trunk = find(trunks, list[i].name);

		if (trunk && is_same(trunk, &list[i]))
			trunk->wanted = true;
	}
	while (le) {
		struct jf_trunk *trunk = le->data;

		le = le->next;
		if (trunk->wanted)
			continue;
		jf_trunk_register_stop(trunk, !is_replaced(trunk, list, count));
		mem_deref(trunk);
	}
	for (size_t i = 0; i < count && !err; i++)
		if (list[i].n_uris && !find(trunks, list[i].name))
			err = add(trunks, &list[i]);
	return err;
}

static void trunks_destructor(void *arg)
{
	struct jf_trunks *trunks = arg;

	list_flush(&trunks->list);
	list_flush(&trunks->leaving);
}

int jf_trunks_create(struct jf_sip *sip, jf_trunk_changed *changed, void *arg,
                     struct jf_trunks **ret_trunks)
{
	struct jf_trunks *trunks = mem_zalloc(sizeof(*trunks), trunks_destructor);

	if (!trunks)
		return -ENOMEM;
	trunks->sip = sip;
	trunks->changed = changed;
	trunks->arg = arg;
	*ret_trunks = trunks;
	return 0;
}

void jf_trunks_destroy(struct jf_trunks *trunks)
{
	mem_deref(trunks);
}

/* ---- Asking ---------------------------------------------------------------------------------- */

int jf_trunks_status(const struct jf_trunks *trunks, const char *name,
                     struct jf_trunk_status *ret_status)
{
	const struct jf_trunk *trunk = find(trunks, name);

	if (!trunk)
		return -ENOENT;
	status_make(trunk, ret_status);
	return 0;
}

int jf_trunks_kept(const struct jf_trunks *trunks, const char *name, struct jf_trunk_kept *ret_kept)
{
	const struct jf_trunk *trunk = find(trunks, name);

	if (!trunk || trunk->kept.expires_ns <= jf_loop_now_ns())
		return -ENOENT;
	*ret_kept = trunk->kept;
	return 0;
}

void jf_trunks_called(struct jf_trunks *trunks, const char *name, const char *uri, bool answered)
{
	struct jf_trunk *trunk = find(trunks, name);

	for (unsigned i = 0; trunk && i < trunk->n_gates; i++) {
		if (strcmp(trunk->gates[i].d.uri, uri) != 0)
			continue;
		if (!answered)
			jf_trunk_error(trunk, "INVITE to %s: no answer", uri);
		jf_trunk_gate_input(&trunk->gates[i],
		                    answered ? JF_TRUNK_ON_CALL_ANSWER : JF_TRUNK_ON_CALL_SILENCE);
	}
}

const char *jf_trunks_source(const struct jf_trunks *trunks, const struct jf_sip_peer *source)
{
	for (struct le *le = trunks->list.head; le; le = le->next) {
		const struct jf_trunk *trunk = le->data;

		for (unsigned g = 0; trunk->register_s && g < trunk->n_gates; g++)
			for (unsigned i = 0; i < trunk->gates[g].n_peers; i++)
				if (trunk->gates[g].peers[i].family == source->family &&
				    memcmp(trunk->gates[g].peers[i].ip, source->ip,
				           sizeof(source->ip)) == 0)
					return trunk->name;
	}
	return NULL;
}

const struct jf_trunk_credentials *jf_trunks_credentials(const struct jf_trunks *trunks,
                                                         const char *name)
{
	const struct jf_trunk *trunk = find(trunks, name);

	return trunk && trunk->has_credentials ? &trunk->credentials : NULL;
}
