// SPDX-License-Identifier: BSD-3-Clause
#include "jf_sip_dns.h"

#include <arpa/nameser.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <ares.h>
#include <re/re.h>

#include "jf_log.h"
#include "jf_loop.h"
#include "jf_reader.h"
#include "jf_time.h"

#define ENTRIES_HASH 256 /* a power of two */
#define ENTRIES_MAX  1024
#define SOCKETS_MAX  16 /* UDP and TCP to each server, and one that is being replaced */

#define SERVER_MS    600 /* a server's first chance; then the next one, then twice as long */
#define SERVER_TRIES 2

#define TTL_MIN_S     5u
#define TTL_MAX_S     3600u
#define TTL_DENIED_S  60u
#define TTL_FAILURE_S 5u

/* A name and type: being asked, or known. */
struct entry {
	struct le he;
	struct le le; /* in dns->entries, what was asked for last at the end */
	struct jf_sip_dns *dns;
	enum jf_sip_dns_type type;
	char name[JF_SIP_DNS_NAME_MAX];
	bool asking;
	uint64_t expires_ns;
	struct list questions;
	struct tmr timer; /* tells those who asked */
	struct jf_sip_dns_answer answer;
};

struct jf_sip_dns_question {
	struct le le; /* in entry->questions */
	jf_sip_dns_handler *handler;
	void *arg;
};

struct socket_slot {
	struct jf_sip_dns *dns;
	ares_socket_t fd;
};

struct jf_sip_dns {
	ares_channel channel;
	struct tmr timer; /* c-ares wants to be called then */
	struct hash *table;
	struct list entries;
	unsigned n_entries;
	struct socket_slot sockets[SOCKETS_MAX];
};

/* --- c-ares on the loop --- */

static void timer_set(struct jf_sip_dns *dns);

static void on_timer(void *arg)
{
	struct jf_sip_dns *dns = arg;

	ares_process_fd(dns->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	timer_set(dns);
}

static void timer_set(struct jf_sip_dns *dns)
{
	struct timeval left;

	if (ares_timeout(dns->channel, NULL, &left))
		tmr_start(&dns->timer, (uint64_t)left.tv_sec * 1000 + left.tv_usec / 1000 + 1,
		          on_timer, dns);
	else
		tmr_cancel(&dns->timer);
}

static void on_socket(unsigned events, void *arg)
{
	struct socket_slot *slot = arg;
	struct jf_sip_dns *dns = slot->dns;
	ares_socket_t fd = slot->fd;

	ares_process_fd(dns->channel,
	                events & (JF_LOOP_READ | JF_LOOP_EXCEPT) ? fd : ARES_SOCKET_BAD,
	                events & JF_LOOP_WRITE ? fd : ARES_SOCKET_BAD);
	timer_set(dns);
}

static void on_socket_state(void *arg, ares_socket_t fd, int readable, int writable)
{
	struct jf_sip_dns *dns = arg;
	struct socket_slot *slot = NULL;
	unsigned events = (readable ? JF_LOOP_READ : 0) | (writable ? JF_LOOP_WRITE : 0);

	for (unsigned i = 0; i < SOCKETS_MAX; i++)
		if (dns->sockets[i].fd == fd)
			slot = &dns->sockets[i];
	for (unsigned i = 0; !slot && i < SOCKETS_MAX; i++)
		if (dns->sockets[i].fd == ARES_SOCKET_BAD)
			slot = &dns->sockets[i];
	if (!slot)
		return; /* its questions end by their time */
	if (!events) {
		jf_loop_fd_unwatch(fd);
		slot->fd = ARES_SOCKET_BAD;
		return;
	}
	slot->fd = fd;
	(void)jf_loop_fd_watch(fd, events, on_socket, slot);
}

/* --- what an answer says --- */

static void skip_name(struct jf_reader *r)
{
	for (unsigned labels = 0; labels < 128; labels++) {
		uint8_t length = jf_reader_u8(r);

		if (length == 0)
			return;
		if (length >= 0xc0) { /* a pointer ends it */
			jf_reader_skip(r, 1);
			return;
		}
		if (length > 63)
			break;
		jf_reader_skip(r, length);
	}
	r->failed = true;
}

int jf_sip_dns_ttl(const void *message, size_t length, uint32_t *ret_ttl_s)
{
	struct jf_reader r = jf_reader_make(message, length);
	uint32_t least = INT32_MAX;
	uint16_t questions, answers;

	jf_reader_skip(&r, 4);
	questions = jf_reader_u16be(&r);
	answers = jf_reader_u16be(&r);
	jf_reader_skip(&r, 4);
	for (unsigned i = 0; i < questions && !r.failed; i++) {
		skip_name(&r);
		jf_reader_skip(&r, 4);
	}
	for (unsigned i = 0; i < answers && !r.failed; i++) {
		uint32_t ttl_s;

		skip_name(&r);
		jf_reader_skip(&r, 4);
		ttl_s = jf_reader_u32be(&r);
		jf_reader_skip(&r, jf_reader_u16be(&r));
		if (ttl_s > INT32_MAX) /* RFC 2181 8 */
			ttl_s = 0;
		if (!r.failed && ttl_s < least)
			least = ttl_s;
	}
	if (r.failed)
		return -EBADMSG;
	*ret_ttl_s = least;
	return 0;
}

static int read_addresses(bool six, const unsigned char *message, int length,
                          struct jf_sip_dns_answer *answer)
{
	struct ares_addrttl four[JF_SIP_DNS_RECORDS_MAX];
	struct ares_addr6ttl sixes[JF_SIP_DNS_RECORDS_MAX];
	int count = JF_SIP_DNS_RECORDS_MAX;
	int status = six ? ares_parse_aaaa_reply(message, length, NULL, sixes, &count)
	                 : ares_parse_a_reply(message, length, NULL, four, &count);

	for (int i = 0; status == ARES_SUCCESS && i < count; i++)
		answer->records[answer->count++].ip =
		        six ? jf_ip_of(6, (const uint8_t *)&sixes[i].ip6addr)
		            : jf_ip_of(4, (const uint8_t *)&four[i].ipaddr);
	return status;
}

static int read_services(const unsigned char *message, int length, struct jf_sip_dns_answer *answer)
{
	struct ares_srv_reply *services = NULL;
	int status = ares_parse_srv_reply(message, length, &services);

	for (const struct ares_srv_reply *s = services; s && answer->count < JF_SIP_DNS_RECORDS_MAX;
	     s = s->next) {
		struct jf_sip_dns_record *record = &answer->records[answer->count];

		if (strlen(s->host) >= sizeof(record->target))
			continue;
		strcpy(record->target, s->host);
		record->priority = s->priority;
		record->weight = s->weight;
		record->port = s->port;
		answer->count++;
	}
	ares_free_data(services);
	return status;
}

static void read_answer(struct entry *entry, int status, const unsigned char *message, int length)
{
	struct jf_sip_dns_answer *answer = &entry->answer;
	uint32_t ttl_s = 0;

	answer->count = 0;
	if (status == ARES_SUCCESS && jf_sip_dns_ttl(message, (size_t)length, &ttl_s))
		status = ARES_EBADRESP;
	if (status == ARES_SUCCESS)
		status = entry->type == JF_SIP_DNS_SRV
		                 ? read_services(message, length, answer)
		                 : read_addresses(entry->type == JF_SIP_DNS_AAAA, message, length,
		                                  answer);
	if (status == ARES_SUCCESS && answer->count) {
		answer->err = 0;
		ttl_s = ttl_s < TTL_MIN_S ? TTL_MIN_S : ttl_s > TTL_MAX_S ? TTL_MAX_S : ttl_s;
	} else if (status == ARES_SUCCESS || status == ARES_ENOTFOUND || status == ARES_ENODATA) {
		answer->err = -ENOENT;
		ttl_s = TTL_DENIED_S;
	} else {
		answer->err = -EHOSTUNREACH;
		ttl_s = TTL_FAILURE_S;
	}
	entry->expires_ns = jf_loop_now_ns() + ttl_s * JF_NS_PER_S;
}

/* --- entries --- */

static void tell(void *arg)
{
	struct entry *entry = mem_ref(arg); /* a handler may ask again */

	while (entry->questions.head) {
		struct jf_sip_dns_question *question = entry->questions.head->data;

		list_unlink(&question->le);
		question->handler(&entry->answer, question->arg);
		mem_deref(question);
	}
	mem_deref(entry);
}

static void on_answer(void *arg, int status, int timeouts, unsigned char *message, int length)
{
	struct entry *entry = arg;

	(void)timeouts;
	if (status != ARES_EDESTRUCTION) {
		entry->asking = false;
		read_answer(entry, status, message, length);
		tmr_start(&entry->timer, 0, tell, entry);
	}
	mem_deref(entry);
}

static void entry_destructor(void *arg)
{
	struct entry *entry = arg;

	tmr_cancel(&entry->timer);
	hash_unlink(&entry->he);
	list_unlink(&entry->le);
	list_flush(&entry->questions);
}

static bool removable(const struct entry *entry)
{
	return !entry->asking && !entry->questions.head;
}

/* Makes room: the one that nobody has asked for for longest. */
static bool forget_one(struct jf_sip_dns *dns)
{
	for (struct le *le = dns->entries.head; le; le = le->next) {
		struct entry *entry = le->data;

		if (!removable(entry))
			continue;
		dns->n_entries--;
		mem_deref(entry);
		return true;
	}
	return false;
}

struct key {
	enum jf_sip_dns_type type;
	const char *name;
};

static bool same_entry(struct le *le, void *arg)
{
	const struct entry *entry = le->data;
	const struct key *key = arg;

	return entry->type == key->type && strcasecmp(entry->name, key->name) == 0;
}

static struct entry *entry_get(struct jf_sip_dns *dns, enum jf_sip_dns_type type, const char *name)
{
	struct key key = {.type = type, .name = name};
	uint32_t hash = hash_joaat_str_ci(name);
	struct entry *entry = list_ledata(hash_lookup(dns->table, hash, same_entry, &key));

	if (entry) {
		list_unlink(&entry->le);
		list_append(&dns->entries, &entry->le, entry);
		return entry;
	}
	if (dns->n_entries >= ENTRIES_MAX && !forget_one(dns))
		return NULL;
	entry = mem_zalloc(sizeof(*entry), entry_destructor);
	if (!entry)
		return NULL;
	entry->dns = dns;
	entry->type = type;
	strcpy(entry->name, name);
	hash_append(dns->table, hash, &entry->he, entry);
	list_append(&dns->entries, &entry->le, entry);
	dns->n_entries++;
	return entry;
}

/* --- asking --- */

static void question_destructor(void *arg)
{
	struct jf_sip_dns_question *question = arg;

	list_unlink(&question->le);
}

static void send_question(struct jf_sip_dns *dns, struct entry *entry)
{
	static const int types[] = {[JF_SIP_DNS_A] = ns_t_a,
	                            [JF_SIP_DNS_AAAA] = ns_t_aaaa,
	                            [JF_SIP_DNS_SRV] = ns_t_srv};

	entry->asking = true;
	ares_query(dns->channel, entry->name, ns_c_in, types[entry->type], on_answer,
	           mem_ref(entry));
	timer_set(dns);
}

int jf_sip_dns_ask(struct jf_sip_dns *dns, enum jf_sip_dns_type type, const char *name,
                   jf_sip_dns_handler *handler, void *arg,
                   struct jf_sip_dns_question **ret_question)
{
	struct jf_sip_dns_question *question;
	struct entry *entry;

	if (!name[0] || strlen(name) >= JF_SIP_DNS_NAME_MAX)
		return -EINVAL;
	entry = entry_get(dns, type, name);
	if (!entry)
		return -ENOBUFS;
	question = mem_zalloc(sizeof(*question), question_destructor);
	if (!question)
		return -ENOMEM;
	question->handler = handler;
	question->arg = arg;
	list_append(&entry->questions, &question->le, question);
	*ret_question = question;
	if (entry->asking)
		return 0;
	if (entry->expires_ns > jf_loop_now_ns())
		tmr_start(&entry->timer, 0, tell, entry);
	else
		send_question(dns, entry);
	return 0;
}

void jf_sip_dns_withdraw(struct jf_sip_dns_question *question)
{
	mem_deref(question);
}

/* --- life --- */

static int set_servers(struct jf_sip_dns *dns, const char *const *servers)
{
	char list[JF_SIP_DNS_SERVERS_MAX * 64] = "";
	size_t at = 0;

	for (unsigned i = 0; i < JF_SIP_DNS_SERVERS_MAX && servers[i]; i++)
		at += (size_t)snprintf(list + at, sizeof(list) - at, "%s%s", i ? "," : "",
		                       servers[i]);
	return !at || ares_set_servers_ports_csv(dns->channel, list) == ARES_SUCCESS ? 0 : -EINVAL;
}

static void dns_destructor(void *arg)
{
	struct jf_sip_dns *dns = arg;

	if (dns->channel)
		ares_destroy(dns->channel);
	tmr_cancel(&dns->timer);
	if (dns->table)
		hash_flush(dns->table);
	mem_deref(dns->table);
	ares_library_cleanup();
}

int jf_sip_dns_create(const char *const servers[JF_SIP_DNS_SERVERS_MAX],
                      struct jf_sip_dns **ret_dns)
{
	struct ares_options options = {
	        .flags = ARES_FLAG_EDNS | ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES,
	        .timeout = SERVER_MS,
	        .tries = SERVER_TRIES,
	        .sock_state_cb = on_socket_state,
	        .ednspsz = 1232,
	};
	struct jf_sip_dns *dns;
	int err;

	if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS)
		return -ENOMEM;
	dns = mem_zalloc(sizeof(*dns), dns_destructor);
	if (!dns) {
		ares_library_cleanup();
		return -ENOMEM;
	}
	for (unsigned i = 0; i < SOCKETS_MAX; i++)
		dns->sockets[i] = (struct socket_slot){.dns = dns, .fd = ARES_SOCKET_BAD};
	options.sock_state_cb_data = dns;
	err = -hash_alloc(&dns->table, ENTRIES_HASH);
	if (!err &&
	    ares_init_options(&dns->channel, &options,
	                      ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
	                              ARES_OPT_SOCK_STATE_CB | ARES_OPT_EDNSPSZ) != ARES_SUCCESS)
		err = -EHOSTUNREACH;
	if (!err)
		err = set_servers(dns, servers);
	if (err)
		mem_deref(dns);
	else
		*ret_dns = dns;
	return err;
}

void jf_sip_dns_destroy(struct jf_sip_dns *dns)
{
	mem_deref(dns);
}
