/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a directory says about calls to the outside: trunks, and whom a tenant may call.
 *
 *   trunks:
 *     - name: carrier
 *       tenant: acme                       optional: carries calls of every tenant without it
 *       addresses: ["192.0.2.0/28"]        calls are taken from there; may be left out with `to`
 *       to: ["sbc.carrier.example", "192.0.2.7:5080"]   calls go there; without it: incoming only
 *       transport: udp                     udp | tcp | tls; missing: as DNS says, else udp
 *       domain: carrier.example            host of our From (of the first of `to`, registered;
 *                                          else our own address)
 *       priority: 1                        lower first (1)
 *       weight: 10                         share among those of the same priority (10)
 *       options_s: 5                       OPTIONS as often as this; 0: never (5)
 *       register: {user: acme, realm: carrier.example, password: secret,
 *                  expires_s: 3600, algorithm: any}     any | MD5 | SHA-256
 *       caps: {calls: 30, calls_per_s: 5, minutes_per_day: 2000}      of outgoing calls
 *       numbers: {country: "372", national_prefix: "", international_prefix: "00",
 *                 form: plus, strip: 0, prepend: "", allow: ["+372"], deny: ["+372900"]}
 *       asserted: trust                    trust | ignore (ignore)
 *       privacy: hide                      hide | show (hide)
 *   tenants:
 *     - name: acme
 *       caps: {calls: 50, calls_per_s: 5, minutes_per_day: 3000}
 *       outgoing: {country: "372", national_prefix: "0", international_prefix: "00",
 *                  allow: ["+372", "112"], deny: ["+372900"], caller: "+3726001000"}
 *   numbers:
 *     - {number: "+3726001000", tenant: acme, forward: "+3725551234"}    instead of a queue
 *
 * A tenant without `outgoing` can't call out at all. `allow` and `deny` hold prefixes of E.164
 * numbers with their plus sign; the longest that fits decides, deny before allow. An entry without
 * a plus sign is one short number (112), dialled as it stands. A trunk without `allow` carries
 * what the tenant may call. `form` is how that trunk wants numbers written: plus (+3726001000),
 * digits (3726001000) or national (0 6001000, others with 00); then `strip` digits are taken from
 * the front and `prepend` is put there.
 *
 * A trunk that is trusted (asserted) tells who really calls (P-Asserted-Identity, Diversion,
 * History-Info), and is told so by us. privacy: hide keeps from agents and events what such a
 * caller hid (Privacy); its number is kept for the record.
 *
 * expires_s: 0 does not register: user and password only answer challenges to calls. Passwords are
 * turned into HA1 for the realm while parsing and never kept; ha1 (MD5) and ha1_sha256 may stand
 * for the password.
 */
#ifndef JF_DIRECTORY_TRUNK_H
#define JF_DIRECTORY_TRUNK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of outgoing calls; 0: no limit. */
struct jf_directory_caps {
	uint32_t calls; /* at once */
	uint32_t calls_per_s;
	uint32_t minutes_per_day; /* days of UTC */
};

enum jf_directory_number_form {
	JF_DIRECTORY_FORM_PLUS,
	JF_DIRECTORY_FORM_DIGITS,
	JF_DIRECTORY_FORM_NATIONAL,
};

/* How numbers are written, and which may be called. Texts may be "", never NULL. */
struct jf_directory_plan {
	const char *country; /* digits: "372" */
	const char *national_prefix;
	const char *international_prefix;
	const char *const *allow; /* "+372", or a short number "112" */
	size_t n_allow;
	const char *const *deny;
	size_t n_deny;
	/* trunks only */
	uint8_t form; /* enum jf_directory_number_form */
	uint8_t strip;
	const char *prepend;
};

enum jf_directory_algorithm {
	JF_DIRECTORY_ALGORITHM_ANY,
	JF_DIRECTORY_ALGORITHM_MD5,
	JF_DIRECTORY_ALGORITHM_SHA256,
};

/* user NULL: none. */
struct jf_directory_credentials {
	const char *user;
	const char *realm;
	uint8_t algorithm;   /* enum jf_directory_algorithm */
	char ha1[33];        /* lower-case hex, "" where the algorithm is not used. Secrets */
	char ha1_sha256[65]; /* as above */
	uint32_t expires_s;  /* asked for; 0: does not register */
};

#define JF_DIRECTORY_HOSTS_MAX 8u

struct jf_directory_outgoing {
	const char *const *uris; /* "sip:sbc.carrier.example;transport=tcp"; none: incoming only */
	size_t n_uris;
	const char *const *hosts; /* of each, as it was written */
	const char *transport;    /* as it was written; "" */
	const char *domain;       /* "" */
	uint32_t priority, weight;
	uint32_t options_s; /* 0: never */
	struct jf_directory_credentials credentials;
	struct jf_directory_caps caps;
	struct jf_directory_plan numbers;
	bool trusted;        /* asserted: trust */
	bool shows_withheld; /* privacy: show */
};

/* What a tenant may do outside. */
struct jf_directory_tenant_outgoing {
	bool permitted; /* there is an outgoing: section */
	struct jf_directory_plan numbers;
	const char *caller; /* E.164, shown for calls that nobody outside began; "": none */
	struct jf_directory_caps caps;
};

#endif
