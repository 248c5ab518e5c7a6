// SPDX-License-Identifier: BSD-3-Clause
#include "jf_sipgen_register.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "jf_time.h"

#define WINDOW    32u
#define AGAIN_NS  (1000 * JF_NS_PER_MS)
#define DIGEST    "jfbench" /* cnonce */
#define MD5_BYTES 16u

enum state {
	WAITING,
	ASKED, /* a REGISTER without credentials is out */
	PROVING,
	REGISTERED,
};

struct jf_sipgen_register {
	struct jf_sipgen_register_config config;
	uint8_t *states;
	uint64_t *asked_ns;
	uint32_t first_open; /* those before it are registered */
	uint32_t done;
	uint16_t refused;
	char uri[32];
	uint64_t run;
};

int jf_sipgen_register_create(const struct jf_sipgen_register_config *config,
                              struct jf_sipgen_register **ret_register)
{
	struct jf_sipgen_register *r = calloc(1, sizeof(*r));
	char address[INET_ADDRSTRLEN];

	if (!r)
		return -ENOMEM;
	r->config = *config;
	r->states = calloc(config->count, sizeof(*r->states));
	r->asked_ns = calloc(config->count, sizeof(*r->asked_ns));
	if (!r->states || !r->asked_ns) {
		jf_sipgen_register_destroy(r);
		return -ENOMEM;
	}
	inet_ntop(AF_INET, &config->server.sin_addr, address, sizeof(address));
	snprintf(r->uri, sizeof(r->uri), "sip:%s", address);
	*ret_register = r;
	return 0;
}

void jf_sipgen_register_destroy(struct jf_sipgen_register *r)
{
	if (!r)
		return;
	free(r->states);
	free(r->asked_ns);
	free(r);
}

/* MD5 of the printed text, in hexadecimal. */
__attribute__((format(printf, 2, 3))) static void md5_hex(char ret_hex[33], const char *format, ...)
{
	unsigned char sum[EVP_MAX_MD_SIZE] = {0};
	char text[512];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	EVP_Digest(text, strnlen(text, sizeof(text)), sum, NULL, EVP_md5(), NULL);
	for (unsigned int i = 0; i < MD5_BYTES; i++)
		snprintf(ret_hex + (size_t)2 * i, 3, "%02x", sum[i]);
}

void jf_sipgen_digest(const char *user, struct jf_sipgen_text realm, const char *password,
                      const char *uri, struct jf_sipgen_text nonce, char ret_hex[33])
{
	char ha1[33], ha2[33];

	md5_hex(ha1, "%s:%.*s:%s", user, (int)realm.length, realm.at, password);
	md5_hex(ha2, "REGISTER:%s", uri);
	md5_hex(ret_hex, "%s:%.*s:00000001:" DIGEST ":auth:%s", ha1, (int)nonce.length, nonce.at,
	        ha2);
}

/* challenge: of the 401, or NULL. */
static void send_register(struct jf_sipgen_register *r, uint32_t agent,
                          const struct jf_sipgen_message *challenge)
{
	const char *own = jf_sipgen_wire_address(r->config.wire, JF_SIPGEN_AGENTS);
	struct jf_sipgen_buffer b = jf_sipgen_wire_buffer(r->config.wire);
	uint32_t id = r->config.first + agent;
	int n = snprintf(b.bytes, b.size,
	                 "REGISTER %s SIP/2.0\r\n"
	                 "Via: SIP/2.0/UDP %s:5060;branch=z9hG4bKr%llux%ux%d\r\n"
	                 "Max-Forwards: 70\r\n"
	                 "From: <sip:%u@%s>;tag=r%u\r\n"
	                 "To: <sip:%u@%s>\r\n"
	                 "Call-ID: r%u-%llu@jfbench\r\n"
	                 "CSeq: %d REGISTER\r\n"
	                 "Contact: <sip:%u@%s:5060>\r\n"
	                 "Expires: 3600\r\n",
	                 r->uri, own, (unsigned long long)r->run, id, challenge != NULL, id,
	                 r->uri + 4, agent, id, r->uri + 4, id, (unsigned long long)r->run,
	                 challenge ? 2 : 1, id, own);

	b.length = (uint32_t)n;
	if (challenge) {
		struct jf_sipgen_text realm = jf_sipgen_parameter(challenge->authenticate, "realm");
		struct jf_sipgen_text nonce = jf_sipgen_parameter(challenge->authenticate, "nonce");
		char user[16], response[33];

		snprintf(user, sizeof(user), "%u", id);
		jf_sipgen_digest(user, realm, r->config.password, r->uri, nonce, response);
		n = snprintf(b.bytes + b.length, b.size - b.length,
		             "Authorization: Digest username=\"%s\", realm=\"%.*s\", "
		             "nonce=\"%.*s\", uri=\"%s\", response=\"%s\", algorithm=MD5, "
		             "qop=auth, nc=00000001, cnonce=\"" DIGEST "\"\r\n",
		             user, (int)realm.length, realm.at, (int)nonce.length, nonce.at, r->uri,
		             response);
		b.full = n < 0 || (uint32_t)n >= b.size - b.length;
		b.length += b.full ? 0 : (uint32_t)n;
	}
	jf_sipgen_add(&b, "Content-Length: 0\r\n\r\n");
	jf_sipgen_wire_send(r->config.wire, JF_SIPGEN_AGENTS, &b, &r->config.server);
}

void jf_sipgen_register_turn(struct jf_sipgen_register *r, uint64_t now_ns)
{
	uint32_t open = 0;

	if (!r->run)
		r->run = now_ns;
	while (r->first_open < r->config.count && r->states[r->first_open] == REGISTERED)
		r->first_open++;
	for (uint32_t a = r->first_open; a < r->config.count && open < WINDOW; a++) {
		if (r->states[a] == REGISTERED)
			continue;
		open++;
		if (r->states[a] != WAITING && now_ns - r->asked_ns[a] < AGAIN_NS)
			continue;
		r->states[a] = ASKED;
		r->asked_ns[a] = now_ns;
		send_register(r, a, NULL);
	}
}

void jf_sipgen_register_receive(struct jf_sipgen_register *r, const struct jf_sipgen_message *m,
                                uint64_t now_ns)
{
	int64_t agent = jf_sipgen_tag_number(m->from, "r");

	if (m->method != JF_SIPGEN_REGISTER || m->code < 200 || agent < 0 ||
	    agent >= r->config.count || r->states[agent] == REGISTERED)
		return;
	if (m->code == 200) {
		r->states[agent] = REGISTERED;
		r->done++;
	} else if (m->code == 401 && m->authenticate.at && r->states[agent] == ASKED) {
		r->states[agent] = PROVING;
		r->asked_ns[agent] = now_ns;
		send_register(r, (uint32_t)agent, m);
	} else if (m->code != 401 && m->code != 503) {
		r->refused = m->code;
	}
}

uint32_t jf_sipgen_register_done(const struct jf_sipgen_register *r, uint16_t *ret_refused)
{
	*ret_refused = r->refused;
	return r->done;
}

bool jf_sipgen_register_finished(const struct jf_sipgen_register *r)
{
	return r->done == r->config.count;
}
