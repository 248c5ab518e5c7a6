// SPDX-License-Identifier: BSD-3-Clause
/*
 * The stack with the simplest of owners, to put real peers in front of: sip_server ADDRESS PORT
 * [MS]. It listens so many milliseconds before it serves anybody.
 *
 * Every INVITE is answered, but to number "busy" (486), "ring" (180 only), "early" (183 with SDP
 * first) and to a registered agent's id (that agent is called, and the caller answered when he
 * answers; early media is handed on). A REFER is accepted and told to have succeeded. Agents: any
 * id, with the password "pw-ID". One line for each event goes to stdout. SIGTERM ends it.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "jf_log.h"
#include "jf_digest.h"
#include "jf_loop.h"
#include "sdp_lab.h"
#include "stand_in.h"

static struct jf_sip *sip;
static struct jf_media_desc local_media;

static bool agent_ha1(const char *agent, const char *realm, enum jf_digest_algorithm algorithm,
                      uint8_t ret_ha1[JF_SIP_HA1_MAX], void *arg)
{
	char password[JF_SIP_AGENT_MAX + 3];

	(void)arg;
	snprintf(password, sizeof(password), "pw-%s", agent);
	(void)jf_digest_ha1_make(algorithm, agent, realm, password, ret_ha1);
	return strcmp(agent, "nobody") != 0;
}

static void registration_changed(enum jf_registration_change change,
                                 const struct jf_registration *r, void *arg)
{
	char peer[JF_SIP_PEER_TEXT];

	(void)arg;
	printf("registration %d %s %s %s %us\n", change, r->agent, r->contact,
	       jf_sip_peer_text(&r->source, peer), r->granted_s);
}

static void leg_incoming(struct jf_leg *leg, const struct jf_leg_invite *invite, void *arg)
{
	struct jf_media_desc media = local_media;
	struct jf_registration agent;
	struct jf_leg_target target = {
	        .uri = agent.contact, .from_user = invite->from_user, .to_user = agent.agent};
	struct jf_leg *other;

	(void)arg;
	printf("incoming %s from %s offer %d\n", invite->number, invite->from_user,
	       invite->offer != NULL);
	if (strcmp(invite->number, "busy") == 0) {
		jf_leg_reject(leg, 486, NULL, NULL);
		return;
	}
	jf_leg_ring(leg);
	if (strcmp(invite->number, "ring") == 0)
		return;
	if (invite->offer)
		media.codecs[0] = invite->offer->codecs[0];
	if (strcmp(invite->number, "early") == 0)
		jf_leg_ring_early(leg, &media);
	if (jf_sip_registrations_get(sip, invite->number, &agent, 1)) {
		target.peer = agent.source;
		if (jf_leg_create(sip, &target, &media, leg, &other))
			jf_leg_reject(leg, 480, NULL, NULL);
		else
			jf_leg_user_set(leg, other);
		return;
	}
	jf_leg_answer(leg, &media);
}

static void leg_event(struct jf_leg *leg, const struct jf_leg_event *event, void *arg)
{
	struct jf_leg *other = jf_leg_user(leg);
	struct jf_media_desc media = local_media;
	char text[512];

	(void)arg;
	printf("%s %u %s; %s\n", jf_leg_event_name(event->type), event->code,
	       event->type == JF_LEG_ENDED ? jf_leg_end_name(event->end) : "",
	       jf_leg_dump(leg, text, sizeof(text)));
	if (event->type == JF_LEG_ANSWERED && other) {
		media.codecs[0] = event->media->codecs[0];
		jf_leg_answer(other, &media);
	} else if (event->type == JF_LEG_PROVISIONAL && event->media && other) {
		jf_leg_ring_early(other, &media);
	} else if (event->type == JF_LEG_REFER) {
		jf_leg_refer_answer(leg, 202);
		jf_leg_refer_notify(leg, 200);
	} else if (event->type == JF_LEG_REOFFER) {
		if (event->media)
			media.codecs[0] = event->media->codecs[0];
		jf_leg_accept(leg, &media);
	} else if (event->type == JF_LEG_ENDED && other) {
		jf_leg_user_set(other, NULL);
		jf_leg_end(other, event->code >= 400 ? event->code : 0, NULL);
	}
}

static const struct jf_sip_handler handler = {
        .source_allowed = stand_in_local_trunk,
        .agent_ha1 = agent_ha1,
        .registration_changed = registration_changed,
        .leg_incoming = leg_incoming,
        .leg_event = leg_event,
};

static void on_signal(unsigned events, void *arg)
{
	(void)events;
	(void)arg;
	jf_loop_stop();
}

static void log_line(enum jf_log_level level, const char *line, void *arg)
{
	(void)level;
	(void)arg;
	printf("%s\n", line);
}

int main(int argc, char **argv)
{
	struct jf_sip_config config = {
	        .realm = "test", .user_agent = "Jackfield-test", .handler = &handler};
	struct jf_loop_stats loop;
	struct jf_sip_stats stats;
	sigset_t signals;
	int err;

	if (argc != 3 && argc != 4)
		return 2;
	config.addresses[0] = argv[1];
	config.udp_port = config.tcp_port = (uint16_t)atoi(argv[2]);
	local_media = media_at(argv[1]);
	setvbuf(stdout, NULL, _IOLBF, 0);
	jf_log_init(log_line, NULL, JF_LOG_DEBUG);
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	err = jf_loop_init(0);
	if (!err)
		err = jf_loop_fd_watch(signalfd(-1, &signals, SFD_NONBLOCK), JF_LOOP_READ,
		                       on_signal, NULL);
	if (!err)
		err = jf_sip_create(&config, &sip);
	if (err) {
		printf("cannot start: %s\n", strerror(-err));
		return 1;
	}
	printf("ready\n");
	if (argc == 4)
		usleep((useconds_t)atoi(argv[3]) * 1000);
	err = jf_loop_run();
	stats = jf_sip_stats_get(sip);
	loop = jf_loop_stats_get();
	printf("requests %lu, malformed %lu, legs %u, long turns %lu of %lu, timers %u\n",
	       (unsigned long)stats.requests, (unsigned long)stats.malformed, stats.legs,
	       (unsigned long)loop.turns_long, (unsigned long)loop.turns, loop.timers);
	jf_sip_destroy(sip);
	jf_loop_close();
	return err ? 1 : 0;
}
