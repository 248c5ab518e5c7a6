/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Names of the DNS, asked by c-ares on the loop and kept as long as their TTL says. Loop thread
 * only; never blocks, always answers from the loop. c-ares checks ids and senders, and goes over
 * to TCP for what does not fit into a datagram.
 *
 * The same question asked twice at once is sent once. What is kept is bounded; when it is full of
 * questions that are not answered yet, more are refused.
 */
#ifndef JF_SIP_DNS_H
#define JF_SIP_DNS_H

#include <stdint.h>

#include "jf_ip.h"

#define JF_SIP_DNS_NAME_MAX    256 /* terminated */
#define JF_SIP_DNS_RECORDS_MAX 16
#define JF_SIP_DNS_SERVERS_MAX 4

enum jf_sip_dns_type {
	JF_SIP_DNS_A,
	JF_SIP_DNS_AAAA,
	JF_SIP_DNS_SRV,
};

struct jf_sip_dns_record {
	struct jf_ip ip;                 /* A, AAAA */
	uint16_t priority, weight, port; /* SRV */
	char target[JF_SIP_DNS_NAME_MAX];
};

struct jf_sip_dns_answer {
	int err; /* 0; -ENOENT: no such name, or none of this type; -EHOSTUNREACH: no server said */
	unsigned count;
	struct jf_sip_dns_record records[JF_SIP_DNS_RECORDS_MAX];
};

struct jf_sip_dns;
struct jf_sip_dns_question;

/* servers: numeric, "address", "address:port" or "[address]:port", up to a NULL; none: those of
 * /etc/resolv.conf. 0 or a negative errno. */
int jf_sip_dns_create(const char *const servers[JF_SIP_DNS_SERVERS_MAX],
                      struct jf_sip_dns **ret_dns);

/* After all questions are withdrawn. NULL is harmless. */
void jf_sip_dns_destroy(struct jf_sip_dns *dns);

/* answer is valid during the call. */
typedef void jf_sip_dns_handler(const struct jf_sip_dns_answer *answer, void *arg);

/* *ret_question may be used until the handler is called. 0 (it will be, once), -EINVAL (no name),
 * -ENOBUFS, -ENOMEM. */
int jf_sip_dns_ask(struct jf_sip_dns *dns, enum jf_sip_dns_type type, const char *name,
                   jf_sip_dns_handler *handler, void *arg,
                   struct jf_sip_dns_question **ret_question);

/* The handler will not be called. NULL is harmless. */
void jf_sip_dns_withdraw(struct jf_sip_dns_question *question);

/* The shortest time to live among the answer's records, 0 to 2^31-1 s; -EBADMSG. Pure; any bytes.
 */
int jf_sip_dns_ttl(const void *message, size_t length, uint32_t *ret_ttl_s);

#endif
