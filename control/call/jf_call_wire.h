/* SPDX-License-Identifier: BSD-3-Clause */
/* How main.c joins the call layer to the others. Loop's thread. */
#ifndef JF_CALL_WIRE_H
#define JF_CALL_WIRE_H

#include "jf_call.h"
#include "jf_media.h"
#include "jf_sip.h"

struct jf_analytics;
struct jf_bus;
struct jf_http;
struct jf_kpis;
struct jf_store;

/* All of them outlive the calls, but store: see jf_calls_destroy. */
struct jf_calls_config {
	const char *node;       /* name */
	const char *ringback;   /* absolute path of the ringing tone's WAV */
	const char *beep;       /* of the tone before a message is recorded */
	const char *recordings; /* the node's folder of recordings, as the dataplane has it */
	bool srtp_over_plain;   /* keys of SRTP are exchanged over UDP and TCP too */
	bool digest_sha256;     /* phones are asked for it where the directory says nothing */
	struct jf_sip *sip;
	struct jf_media *media;
	struct jf_analytics *analytics;
	struct jf_store *store;
	struct jf_bus *bus;
	struct jf_http *http; /* whom flows ask servers by; NULL: they can't */
	struct jf_kpis *kpis; /* NULL: no interval accounts are kept */
	/* In force at start; NULL: none yet. As with jf_calls_directory_set. */
	const struct jf_directory *directory;
};

/* 0 or -ENOMEM. */
int jf_calls_create(const struct jf_calls_config *config, struct jf_calls **ret_calls);

/*
 * Once, before the loop turns and after the dataplane was attached (or given up on): restores the
 * agents and their registrations, adopts the calls that live, writes the records of those that do
 * not, and closes endpoints that nobody knows. 0 or a negative errno from the store.
 */
int jf_calls_start(struct jf_calls *calls);

/* Stops timers. Calls stay as they are, in the dataplane and in the store. */
void jf_calls_stop(struct jf_calls *calls);

/* After jf_store_close, which still reports records that became durable. May be NULL. */
void jf_calls_destroy(struct jf_calls *calls);

/* arg of both: the struct jf_calls. */
extern const struct jf_sip_handler jf_calls_sip_handler;
void jf_calls_media_handler(const struct jf_media_event *event, void *arg);

/* A short tone. 0 or a negative errno. */
int jf_beep_write(const char *path);

/* The ringing tone of the CEPT plan: 425 Hz, one second on, four off. 0 or a negative errno. */
int jf_ringback_write(const char *path);

#endif
