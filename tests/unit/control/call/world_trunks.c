// SPDX-License-Identifier: BSD-3-Clause
/* Trunks of the world: up unless the test says otherwise, at addresses of 10.0.0.0/24. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jf_loop.h"
#include "jf_sip_resolve.h"
#include "jf_trunk.h"
#include "world_priv.h"

const char *world_trunk_down;
unsigned int world_trunk_silences;

struct jf_sip_query {
	struct jf_loop_timer timer;
	jf_sip_resolve_handler *handler;
	void *arg;
	struct jf_sip_peer peer;
	int err;
};

static void answer(void *arg)
{
	struct jf_sip_query *query = arg;

	query->handler(query->err, &query->peer, query->err ? 0 : 1, query->arg);
	free(query);
}

/* "sip:10.0.0.7" is there, any name is a black hole. */
int jf_sip_resolve(struct jf_sip *sip, const char *uri, jf_sip_resolve_handler *handler, void *arg,
                   struct jf_sip_query **ret_query)
{
	struct jf_sip_query *query = calloc(1, sizeof(*query));
	unsigned int last;

	(void)sip;
	query->handler = handler;
	query->arg = arg;
	query->peer = (struct jf_sip_peer){.family = 4, .port = 5060, .ip = {10, 0, 0, 0}};
	if (sscanf(uri, "sip:10.0.0.%u", &last) == 1)
		query->peer.ip[3] = (uint8_t)last;
	else
		query->err = -ETIMEDOUT;
	jf_loop_timer_start(&query->timer, query->err ? JF_SIP_RESOLVE_TIMEOUT_MS : 0, answer,
	                    query);
	*ret_query = query;
	return 0;
}

void jf_sip_query_cancel(struct jf_sip_query *query)
{
	if (query)
		jf_loop_timer_cancel(&query->timer);
	free(query);
}

int jf_trunks_create(struct jf_sip *sip, jf_trunk_changed *changed, void *arg,
                     struct jf_trunks **ret_trunks)
{
	(void)sip;
	(void)changed;
	(void)arg;
	*ret_trunks = (struct jf_trunks *)&world;
	return 0;
}

void jf_trunks_destroy(struct jf_trunks *trunks)
{
	(void)trunks;
}

int jf_trunks_set(struct jf_trunks *trunks, const struct jf_trunk_options *list, size_t count)
{
	(void)trunks;
	(void)list;
	(void)count;
	return 0;
}

int jf_trunks_status(const struct jf_trunks *trunks, const char *name,
                     struct jf_trunk_status *ret_status)
{
	(void)trunks;
	*ret_status = (struct jf_trunk_status){.health = JF_TRUNK_UP};
	if (world_trunk_down && !strcmp(world_trunk_down, name))
		ret_status->health = JF_TRUNK_DOWN;
	return 0;
}

int jf_trunks_kept(const struct jf_trunks *trunks, const char *name, struct jf_trunk_kept *ret_kept)
{
	(void)trunks;
	(void)name;
	(void)ret_kept;
	return -ENOENT;
}

void jf_trunks_called(struct jf_trunks *trunks, const char *name, const char *uri, bool answered)
{
	(void)trunks;
	(void)name;
	(void)uri;
	world_trunk_silences += !answered;
}

const char *jf_trunks_source(const struct jf_trunks *trunks, const struct jf_sip_peer *source)
{
	(void)trunks;
	(void)source;
	return NULL;
}

const struct jf_trunk_credentials *jf_trunks_credentials(const struct jf_trunks *trunks,
                                                         const char *name)
{
	(void)trunks;
	(void)name;
	return NULL;
}

const char *jf_sip_peer_text(const struct jf_sip_peer *peer, char ret_text[JF_SIP_PEER_TEXT])
{
	snprintf(ret_text, JF_SIP_PEER_TEXT, "udp:10.0.0.%u:%u", peer->ip[3], peer->port);
	return ret_text;
}
