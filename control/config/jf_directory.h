/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The directory: tenants, trunks, queues, agents and numbers, as one immutable value. It comes from
 * YAML texts, is checked as a whole, and is replaced as a whole.
 *
 *   tenants: [{name: acme}]
 *   trunks:  [{name: carrier, tenant: acme, addresses: ["10.77.0.0/24"]}]   tenant: optional
 *   teams:   [{name: day, tenant: acme}]
 *   queues:  [{name: billing, tenant: acme, greeting: hello.wav, music: moh.wav,
 *              ring_timeout_s: 15, wrap_up_s: 0, max_wait_s: 0, teams: [day]}]
 *   agents:  [{id: "1001", tenant: acme, name: Desk 1, password: secret, queues: [billing],
 *              team: day, auto_ready: true}]
 *   numbers: [{number: "+3726001000", tenant: acme, queue: billing}]
 *
 * A tenant's record_consult: false keeps what its agents say to those whom they consult out of any
 * recording. Unless it says so, that is a recording of its own.
 *
 * What tenants and trunks say about calls to the outside is in jf_directory_trunk.h; rules, skills,
 * calendars and customers are in jf_directory_acd.h; what queues say about those who wait in them,
 * and surveys, in jf_directory_treatment.h.
 *
 * An agent is in one team at most; figures are kept by team. A queue is served by the agents who
 * name it, and by everybody of the teams that it names.
 *
 * Of queues: without music, or with ringback: true instead of it, the ringing tone is heard;
 * max_wait_s 0: for ever. Of agents: ha1 (32 hex digits), and with it ha1_sha256 (64),
 * may stand for the password. digest: MD5 | SHA-256 | any (SHA-256 first) is what its phone is
 * asked for and may use; missing: as the node says (digest_sha256). One that differs from the
 * node's tells whoever asks that there is such an agent.
 *
 * Trunks, and for the phones of agents tenants and single agents (whose word counts), may say
 *   srtp: required | preferred | off   (preferred)    plain RTP is refused, taken, the only one
 *   codecs: [PCMU, PCMA, G722]                        those served, best first; missing: all
 *                                                     three, as the peer likes, and if it has
 *                                                     none of them, what passes as it comes
 *   nat: learn | strict                (strict)       media may come from elsewhere than the SDP
 *   digits: auto | event | inband | info  (auto)      how key presses come and go; auto: as
 *                                                     negotiated, tones without telephone-event
 *   video: pass | off                  (pass)         passed on where both have the same codec,
 *                                                     under SRTP or not as srtp has it
 *
 * All files together are one directory: a section may stand in several of them. Names of tenants,
 * trunks and agents are unique, of queues and teams within their tenant, numbers with or without
 * the plus sign alike. Passwords are turned into HA1 (RFC 7616 section 3.4.2) while parsing and
 * never kept.
 *
 * Nothing here logs or reads files. Thread: the loop's (values are immutable, so any would do).
 */
#ifndef JF_DIRECTORY_H
#define JF_DIRECTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "jf_codec.h"
#include "jf_directory_acd.h"
#include "jf_directory_flows.h"
#include "jf_directory_treatment.h"
#include "jf_directory_trunk.h"

struct jf_directory;

/* ---- What stands in it: valid as long as the directory ------------------------------------- */

enum jf_directory_srtp {
	JF_DIRECTORY_SRTP_PREFERRED,
	JF_DIRECTORY_SRTP_REQUIRED,
	JF_DIRECTORY_SRTP_OFF,
};

enum jf_directory_nat {
	JF_DIRECTORY_NAT_STRICT,
	JF_DIRECTORY_NAT_LEARN,
};

enum jf_directory_video {
	JF_DIRECTORY_VIDEO_PASS, /* as it comes, to whoever has the same codec */
	JF_DIRECTORY_VIDEO_OFF,
};

enum jf_directory_digits {
	JF_DIRECTORY_DIGITS_AUTO,
	JF_DIRECTORY_DIGITS_EVENT,
	JF_DIRECTORY_DIGITS_INBAND,
	JF_DIRECTORY_DIGITS_INFO,
};

/* What was said here, rather than inherited or left to the default. */
#define JF_DIRECTORY_HAS_SRTP   1u
#define JF_DIRECTORY_HAS_NAT    2u
#define JF_DIRECTORY_HAS_DIGITS 4u
#define JF_DIRECTORY_HAS_CODECS 8u
#define JF_DIRECTORY_HAS_VIDEO  16u

/* Policy of media with a trunk or an agent's phone. */
struct jf_directory_media {
	uint8_t has;    /* JF_DIRECTORY_HAS_ bits */
	uint8_t srtp;   /* enum jf_directory_srtp */
	uint8_t nat;    /* enum jf_directory_nat */
	uint8_t digits; /* enum jf_directory_digits */
	uint8_t video;  /* enum jf_directory_video */
	uint8_t n_codecs;
	uint8_t codecs[3]; /* enum jf_codec, best first; n_codecs 0: all, as the peer likes */
};

struct jf_directory_tenant {
	const char *name;
	struct jf_directory_media media; /* of its agents' phones */
	struct jf_directory_tenant_outgoing outgoing;
	struct jf_directory_desk desk;
	bool record_consult; /* what an agent and whom it consults say; true unless said */
};

struct jf_directory_network {
	uint8_t ip[16]; /* IPv4 in the first four bytes; network order; host bits zero */
	uint8_t family; /* 4 or 6 */
	uint8_t prefix;
};

struct jf_directory_trunk {
	const char *name;
	const char *tenant; /* NULL: carries calls of every tenant */
	const struct jf_directory_network *networks;
	size_t n_networks;
	struct jf_directory_media media;
	struct jf_directory_outgoing out;
};

struct jf_directory_agent;
struct jf_directory_queue;

#define JF_DIRECTORY_MEMBERSHIPS_MAX 256u /* queues of an agent, its team's included */

struct jf_directory_team {
	const char *name;
	const char *tenant;
	const struct jf_directory_queue *const *queues; /* which name it */
	size_t n_queues;
};

struct jf_directory_queue {
	const char *name;
	const char *tenant;
	const struct jf_directory_team *const *teams; /* whose agents serve it */
	size_t n_teams;
	const char *greeting; /* absolute path, or NULL: none */
	const char *music;    /* absolute path, or NULL: the ringing tone */
	uint32_t ring_timeout_ms;
	uint32_t wrap_up_ms;
	uint32_t max_wait_ms; /* 0: for ever */
	struct jf_directory_rules rules;
	const struct jf_directory_treatment *treatment; /* NULL: music alone */
	const struct jf_directory_agent *const *agents;
	size_t n_agents;
};

enum jf_directory_digest {
	JF_DIRECTORY_DIGEST_NODE, /* as the node says */
	JF_DIRECTORY_DIGEST_ANY,
	JF_DIRECTORY_DIGEST_MD5,
	JF_DIRECTORY_DIGEST_SHA256,
};

struct jf_directory_agent {
	const char *id; /* also the user part of its SIP address */
	const char *tenant;
	const char *name;                     /* for display; the id if none was given */
	char ha1[33];                         /* MD5, lower-case hex. A secret */
	char ha1_sha256[65];                  /* SHA-256; "" where only MD5's was given. A secret */
	enum jf_directory_digest digest;      /* what its phone is asked for */
	bool auto_ready;                      /* ready as soon as registered */
	struct jf_directory_media media;      /* the tenant's where it says nothing */
	const struct jf_directory_team *team; /* NULL: in none */
	const struct jf_directory_queue *const *queues; /* its own first, then those of its team */
	size_t n_queues;
	size_t n_own_queues;
	struct jf_directory_abilities abilities;
};

struct jf_directory_number {
	const char *number; /* as it was written */
	const char *tenant;
	const struct jf_directory_queue *queue; /* NULL: forwarded, or a flow */
	const struct jf_ivr_flow *flow;         /* which its callers go through; NULL: none */
	const char
	        *forward; /* E.164 number outside that its callers are connected to; NULL: none */
	struct jf_directory_wants wants;
};

/* ---- Making one ----------------------------------------------------------------------------- */

struct jf_directory_file {
	const char *name; /* for error messages */
	const char *text;
	size_t length;
};

struct jf_directory_options {
	const char *realm; /* of the digest; part of HA1 */
	const char *base;  /* absolute folder for relative paths; NULL: those are refused */
	/* 0 if that sound file can be used, or a negative errno; NULL: not asked */
	int (*sound_check)(const char *path, void *arg);
	/* The time zone of that name, for the directory to destroy; 0, -ENOENT or another negative
	 * errno. NULL: only UTC is known. */
	int (*zone_load)(const char *name, struct jf_zone **ret_zone, void *arg);
	void *arg;
};

struct jf_directory_error {
	bool is_warning; /* it stands in nobody's way */
	char file[64];
	uint32_t line, column; /* from 1; 0: the file as a whole */
	char message[200];     /* printable */
};

#define JF_DIRECTORY_ERRORS_MAX   32u
#define JF_DIRECTORY_WARNINGS_MAX 16u

struct jf_directory_errors {
	size_t count;    /* of those kept */
	size_t warnings; /* of these */
	bool more;       /* and there were others */
	struct jf_directory_error list[JF_DIRECTORY_ERRORS_MAX];
};

/*
 * Parses and checks the files as one directory. 0; -EINVAL with all mistakes found in ret_errors
 * (which is written in any case, and may hold warnings); -ENOMEM. No files: an empty directory.
 */
int jf_directory_parse(const struct jf_directory_file *files, size_t n_files,
                       const struct jf_directory_options *options,
                       struct jf_directory **ret_directory, struct jf_directory_errors *ret_errors);

/* May be NULL. */
void jf_directory_destroy(struct jf_directory *directory);

/*
 * The directory as one YAML text in a fixed order, HA1 instead of passwords, paths absolute: parsed
 * again it makes a directory without difference. Holds secrets. For the caller to free. 0, -ENOMEM.
 */
int jf_directory_export(const struct jf_directory *directory, char **ret_yaml);

/* ---- Looking up ------------------------------------------------------------------------------ */

/* NULL if there is none. number: with or without the plus sign. */
const struct jf_directory_number *jf_directory_number_find(const struct jf_directory *directory,
                                                           const char *number);
const struct jf_directory_agent *jf_directory_agent_find(const struct jf_directory *directory,
                                                         const char *id);
const struct jf_directory_queue *jf_directory_queue_find(const struct jf_directory *directory,
                                                         const char *tenant, const char *name);
const struct jf_directory_team *jf_directory_team_find(const struct jf_directory *directory,
                                                       const char *tenant, const char *name);
const struct jf_directory_survey *jf_directory_survey_find(const struct jf_directory *directory,
                                                           const char *tenant, const char *name);
const struct jf_directory_tenant *jf_directory_tenant_find(const struct jf_directory *directory,
                                                           const char *name);

/* The trunk with the longest prefix that holds the address (ip as in jf_directory_network). */
const struct jf_directory_trunk *jf_directory_trunk_find(const struct jf_directory *directory,
                                                         uint8_t family, const uint8_t ip[16]);

/* Everything of one kind, sorted by name (teams and queues by tenant and name). */
const struct jf_directory_tenant *jf_directory_tenants(const struct jf_directory *directory,
                                                       size_t *ret_count);
const struct jf_directory_trunk *jf_directory_trunks(const struct jf_directory *directory,
                                                     size_t *ret_count);
const struct jf_directory_team *jf_directory_teams(const struct jf_directory *directory,
                                                   size_t *ret_count);
const struct jf_directory_queue *jf_directory_queues(const struct jf_directory *directory,
                                                     size_t *ret_count);
const struct jf_directory_agent *jf_directory_agents(const struct jf_directory *directory,
                                                     size_t *ret_count);
const struct jf_directory_number *jf_directory_numbers(const struct jf_directory *directory,
                                                       size_t *ret_count);

/* ---- Difference ------------------------------------------------------------------------------ */

enum jf_directory_change_type {
	JF_DIRECTORY_ADDED,
	JF_DIRECTORY_CHANGED,
	JF_DIRECTORY_REMOVED,
};

struct jf_directory_change {
	enum jf_directory_change_type type;
	/* "tenant", "trunk", "survey", "team", "queue", "agent", "number", "calendar", "caller" */
	const char *kind;
	char name[140];   /* "billing", of queues and teams "acme/billing" */
	char fields[120]; /* of a change: "wrap_up_s, queues"; secrets by name only */
};

struct jf_directory_diff {
	size_t count;
	struct jf_directory_change list[];
};

/* before may be NULL: everything is added. For the caller to free. 0, -ENOMEM. */
int jf_directory_compare(const struct jf_directory *before, const struct jf_directory *after,
                         struct jf_directory_diff **ret_diff);

#endif
