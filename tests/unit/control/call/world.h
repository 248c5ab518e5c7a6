/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The world around the call layer, on virtual time: legs, media, store and loop that only remember
 * what they were told. Directory, routing, ACD and bus are the real ones.
 */
#ifndef JF_TEST_WORLD_H
#define JF_TEST_WORLD_H

#include "jf_call.h"
#include "jf_call_tasks.h"
#include "jf_call_wire.h"
#include "jf_view.h"
#include "jf_sip_why.h"

#define WORLD_LEGS      64
#define WORLD_ENDPOINTS 128

struct jf_leg {
	uint64_t id;
	bool used, incoming, ended, detached;
	bool heard, answered; /* the INVITE was responded to; for good, with 2xx */
	void *user;
	char said[24]; /* the last thing it was told: "answer", "reject", "end", ... */
	uint16_t code; /* with it */
	char why[32];  /* ... and in words, where it was told */
	enum jf_sip_why refused_for;   /* that, as the trace knows it */
	uint16_t refer_code, notified; /* what its REFER was answered, and told last */
	char target[64];               /* outgoing: to_user */
	struct jf_sip_peer peer;
	uint32_t first_response_ms;
	char from_user[64], from_name[64];
	char headers[160];          /* of a refusal */
	char digits[16];            /* sent by INFO */
	struct jf_media_desc local; /* of the last answer, offer or accept */
	bool pinged;
	unsigned int pictures; /* so often it was asked for one by INFO */
};

struct world_endpoint {
	bool open;
	bool found; /* after a restart, until it is adopted */
	struct jf_media_ref ref;
	struct jf_call_id call;
	struct jf_media_remote remote;
	struct jf_media_ref hears; /* generation 0: not a stream */
	struct jf_media_mix mix;   /* count 0: not a mix */
	char sound[128];           /* the last of the list, if that is what it hears */
	char said[200];   /* the names of the list that was played last, without folder and .wav */
	uint32_t play_id; /* of a list that comes to an end; 0: none */
	bool taped;
	enum jf_media_side tap_side;
	char file[120];                 /* of the recording that it goes to; "": none */
	uint64_t last_ns, rtcp_last_ns; /* of its packets */
	struct jf_media_keys keys;      /* suite none: plain */
	bool mask;
	char digits[16];        /* sent in its media */
	unsigned int keyframes; /* so often it was asked for a whole picture */
};

struct world {
	struct jf_calls *calls;
	struct jf_bus *bus;
	struct jf_directory *directory;
	struct jf_kpis *kpis; /* NULL: nothing is counted */
	uint64_t now_ns;
	struct jf_leg legs[WORLD_LEGS];
	struct world_endpoint endpoints[WORLD_ENDPOINTS];
	bool media_full, media_down, link_down;
	uint64_t link_since_ns;
	uint8_t transport;  /* of new callers */
	uint8_t transports; /* of the agents' phones */
	char events[8192];  /* all lines of the bus */
	unsigned int recordings_open, records;
	unsigned int batches; /* that the store took */
	bool store_full;      /* it takes none */
	char recordings[64];  /* the folder, with the files themselves, empty */
	char forgotten[200];  /* the sound that will hardly be asked for again */
	const char *missing;  /* files with this in their path are not there */
	bool speaks;          /* parties that are listened to say something */
	json_t *last_record;  /* from call.ended */
};

extern struct world world;

/* world_trunks.c: the trunk that is down, NULL: none; calls that met silence. */
extern const char *world_trunk_down;
extern unsigned int world_trunk_silences;

/* The agent whose phone can't be called; NULL: none. */
extern const char *world_unreachable;

/* What the next callers say of themselves. */
extern struct jf_identity world_identity;

/* Three agents, 1001 to 1003, on queue billing (number 100; rings 15 s); 200 goes to sales, which
 * nobody serves and which gives up after 60 s. tenant, trunk: more members of theirs. */
#define WORLD_DIRECTORY(tenant, trunk)                                                             \
	"tenants: [{name: acme" tenant "}]\n"                                                      \
	"trunks: [{name: carrier, tenant: acme, addresses: [\"192.0.2.1/32\"]" trunk "}]\n"        \
	"queues:\n"                                                                                \
	"  - {name: billing, tenant: acme, music: /moh.wav, greeting: /hello.wav}\n"               \
	"  - {name: sales, tenant: acme, max_wait_s: 60}\n"                                        \
	"agents:\n"                                                                                \
	"  - {id: \"1001\", tenant: acme, password: x, queues: [billing]}\n"                       \
	"  - {id: \"1002\", tenant: acme, password: x, queues: [billing]}\n"                       \
	"  - {id: \"1003\", tenant: acme, password: x, queues: [billing]}\n"                       \
	"numbers:\n"                                                                               \
	"  - {number: \"100\", tenant: acme, queue: billing}\n"                                    \
	"  - {number: \"200\", tenant: acme, queue: sales}\n"

/* That directory, without more. */
void world_begin(void);
void world_end(void);

/* From now on interval accounts are kept, in the world's store. */
void world_count(void);

/* jf-control is killed and starts again; the rest of the world stays. */
void world_restart(void);

/* Another directory is applied, live. */
void world_apply(const char *yaml);

void world_register(const char *agent);
void world_advance(uint64_t ms);

/* An INVITE with PCMA and telephone-event 96 arrives; NULL for a rejected one is never given. */
struct jf_leg *world_invite(const char *number);
struct jf_leg *world_invite_late(const char *number); /* without an offer */
struct jf_leg *world_invite_with(const char *number, const struct jf_media_desc *offer);

/* An agent's phone calls. */
struct jf_leg *world_agent_invite(const char *agent, const char *number,
                                  const struct jf_media_desc *offer);

/* Its phone wants the call handed on; replaces: the id of another leg, 0: blind. */
void world_leg_refer(struct jf_leg *leg, const char *user, uint64_t replaces);

/* Invited and acknowledged; hears the greeting. */
struct jf_leg *world_caller_greeted(const char *number);

/* The lists that are played and not repeated come to their end. */
void world_played(void);

/* Invited, acknowledged, and the greeting is over. */
struct jf_leg *world_caller(const char *number);

void world_leg(struct jf_leg *leg, enum jf_leg_event_type type, uint16_t code,
               const struct jf_media_desc *media);
void world_leg_ended(struct jf_leg *leg, enum jf_leg_end end, uint16_t code);

void world_leg_digit(struct jf_leg *leg, char digit); /* by INFO */
void world_media_digit(uint16_t peer_port, char digit, bool masked);
const char *world_recording_path(void); /* of the latest */

/* The live row of the only call, as text. */
const char *world_row(void);

/* What a peer describes: one law. */
struct jf_media_desc world_desc(uint8_t law, uint16_t port);

/* The newest leg to that agent, alive or not; NULL: none. */
struct jf_leg *world_leg_to(const char *agent);

/* The endpoint that sends to that port of a peer. */
struct world_endpoint *world_endpoint(uint16_t peer_port);

const char *world_agent_state(const char *agent);
const char *world_call_state(void); /* of the only call; "" when there is none */

/* --- what people do and see: world_people.c -----------------------------------------------------
 */

/* cmocka's fixtures: a world, with the directory that the test's initial state is (NULL: its own).
 */
int world_set_up(void **state);
int world_tear_down(void **state);
#define WORLD_TEST(test, yaml)                                                                     \
	cmocka_unit_test_prestate_setup_teardown(test, world_set_up, world_tear_down,              \
	                                         (void *)(uintptr_t)(yaml))

/* By INFO; it has counted when this returns. */
void world_press(struct jf_leg *leg, char key);

/* The newest leg to who was invited, rings, and answers with PCMA at port or what desc says. */
struct jf_leg *world_answers(const char *who, uint16_t port);
struct jf_leg *world_answers_with(const char *who, const struct jf_media_desc *desc);

/* As world_caller of number 100, with that offer. */
struct jf_leg *world_caller_with(const struct jf_media_desc *offer);

/* In queue billing, by key 9: four seconds of speech. */
void world_caller_leaves_a_message(void);

/* To the only call; -ENOENT: there is none. */
int world_order(enum jf_call_order_what what, const char *target);

/* By the ports of two peers. */
bool world_hears(uint16_t listener, uint16_t source);

/* A member of the last record, or of its member key; NULL: it has none (or no text). */
const json_t *world_recorded(const char *key, const char *inner);
const char *world_recorded_text(const char *key, const char *inner);

/* A member of the first callback or message that waits; "": there is none. */
const char *world_task(enum jf_tasks_kind kind, const char *key);

#endif
