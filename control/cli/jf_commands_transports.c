// SPDX-License-Identifier: BSD-3-Clause
/* What SIP is spoken on, and with whom it is connected. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "jf_commands_priv.h"
#include "jf_loop.h"
#include "jf_sip.h"
#include "jf_sip_transport.h"
#include "jf_time.h"

#define DAY_S 86400

static const char *utc_text(int64_t utc_s, char ret_text[32])
{
	time_t when = (time_t)utc_s;
	struct tm tm;

	gmtime_r(&when, &tm);
	strftime(ret_text, 32, "%FT%TZ", &tm);
	return ret_text;
}

static int64_t days_left(const struct jf_sip_tls_status *tls)
{
	int64_t left_s = tls->expires_utc_s - (int64_t)time(NULL);

	return left_s >= 0 ? left_s / DAY_S : (left_s - DAY_S + 1) / DAY_S;
}

static json_t *certificate_json(const struct jf_sip_tls_status *tls)
{
	char expires[32], loaded[32];
	json_t *json = json_pack("{s:s, s:s, s:I, s:s}", "subject", tls->subject, "expires",
	                         utc_text(tls->expires_utc_s, expires), "days_left",
	                         (json_int_t)days_left(tls), "loaded",
	                         utc_text(tls->loaded_utc_s, loaded));

	if (tls->failed)
		json_object_set_new(json, "error", json_string(tls->error));
	return json;
}

/* What an operator has to know before it is too late; NULL: all is well. */
static json_t *warning_json(const struct jf_sip_tls_status *tls)
{
	char text[JF_SIP_TLS_TEXT_MAX + 64], when[32];

	if (!tls->on)
		return NULL;
	if (tls->failed)
		snprintf(text, sizeof(text), "the certificate in use is an older one: %s",
		         tls->error);
	else if (days_left(tls) < 0)
		snprintf(text, sizeof(text), "the certificate has expired on %s",
		         utc_text(tls->expires_utc_s, when));
	else if (days_left(tls) < JF_SIP_TLS_WARN_DAYS)
		snprintf(text, sizeof(text), "the certificate expires on %s",
		         utc_text(tls->expires_utc_s, when));
	else
		return NULL;
	return json_string(text);
}

json_t *jf_commands_transports_json(const struct jf_sip *sip)
{
	struct jf_sip_transport_stats s = jf_sip_transport_stats_get(sip);
	struct jf_sip_tls_status tls;
	json_t *json = json_pack(
	        "{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "tcp", (json_int_t)s.tcp,
	        "tls", (json_int_t)s.tls, "strangers", (json_int_t)s.strangers, "connections_max",
	        (json_int_t)s.max, "accepted", (json_int_t)s.accepted, "opened",
	        (json_int_t)s.opened, "unreachable", (json_int_t)s.unreachable, "refused",
	        (json_int_t)s.refused, "evicted", (json_int_t)s.evicted, "undecodable",
	        (json_int_t)s.undecodable, "tls_failed", (json_int_t)s.tls_failed);

	json_object_set_new(json, "closed",
	                    json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "idle", (json_int_t)s.idle,
	                              "slow", (json_int_t)s.slow, "dead", (json_int_t)s.dead,
	                              "garbage", (json_int_t)s.garbage, "too_long",
	                              (json_int_t)s.too_long, "stuck", (json_int_t)s.stuck));
	json_object_set_new(json, "handshakes",
	                    json_pack("{s:I, s:I}", "tls_1_2", (json_int_t)s.tls_1_2, "tls_1_3",
	                              (json_int_t)s.tls_1_3));
	json_object_set_new(json, "large_requests",
	                    json_pack("{s:I, s:I}", "tcp", (json_int_t)s.moved_to_tcp, "udp_again",
	                              (json_int_t)s.moved_back));
	jf_sip_tls_status_get(sip, &tls);
	if (tls.on) {
		json_t *warning = warning_json(&tls);

		json_object_set_new(json, "certificate", certificate_json(&tls));
		if (warning)
			json_object_set_new(json, "warning", warning);
	}
	return json;
}

static json_t *listener_row(const struct jf_sip *sip, const struct jf_sip_peer *local)
{
	struct jf_sip_transport_stats stats = jf_sip_transport_stats_get(sip);
	struct jf_sip_tls_status tls;
	char text[JF_SIP_PEER_TEXT], *address = strchr(jf_sip_peer_text(local, text), ':');
	json_t *row;

	*address++ = '\0';
	row = json_pack("{s:s, s:s}", "transport", text, "address", address);
	if (local->transport != JF_SIP_UDP)
		json_object_set_new(
		        row, "connections",
		        json_integer((json_int_t)(local->transport == JF_SIP_TLS ? stats.tls
		                                                                 : stats.tcp)));
	if (local->transport != JF_SIP_TLS)
		return row;
	jf_sip_tls_status_get(sip, &tls);
	json_object_update_new(row, certificate_json(&tls));
	return row;
}

void jf_commands_transports(struct jf_commands *commands, const struct jf_request *request,
                            struct jf_reply *reply)
{
	struct jf_sip_peer listeners[JF_SIP_LISTENERS_MAX];
	unsigned count = jf_sip_listeners_get(commands->config.sip, listeners);
	json_t *rows = json_array();

	(void)request;
	for (unsigned i = 0; i < count; i++)
		json_array_append_new(rows, listener_row(commands->config.sip, &listeners[i]));
	jf_reply_data(reply, jf_commands_page(rows, NULL));
}

static json_t *connection_row(const struct jf_sip_connection *connection, uint64_t now_ns)
{
	char peer[JF_SIP_PEER_TEXT], local[JF_SIP_PEER_TEXT];
	json_t *row = json_pack(
	        "{s:I, s:s, s:s, s:s, s:s, s:I, s:I, s:I}", "id", (json_int_t)connection->id,
	        "peer", jf_sip_peer_text(&connection->peer, peer), "local",
	        jf_sip_peer_text(&connection->local, local), "opened_by",
	        connection->outgoing ? "us" : "peer", "state",
	        !connection->up      ? "coming up"
	        : connection->proven ? "known"
	                             : "stranger",
	        "age_ms", (json_int_t)(jf_time_since(connection->since_ns, now_ns) / JF_NS_PER_MS),
	        "idle_ms", (json_int_t)(jf_time_since(connection->heard_ns, now_ns) / JF_NS_PER_MS),
	        "messages", (json_int_t)connection->messages);

	if (connection->tls)
		json_object_set_new(row, "tls",
		                    json_string(connection->tls == 0x0304 ? "1.3" : "1.2"));
	if (connection->subject[0])
		json_object_set_new(row, "subject", json_string(connection->subject));
	return row;
}

void jf_commands_connections(struct jf_commands *commands, const struct jf_request *request,
                             struct jf_reply *reply)
{
	uint64_t after = strtoull(jf_request_text(request, "cursor", "0"), NULL, 10);
	uint64_t now_ns = jf_loop_now_ns();
	struct jf_sip_connection page[64];
	unsigned limit = jf_request_limit(request) < 64 ? (unsigned)jf_request_limit(request) : 64;
	unsigned count = jf_sip_connections_get(commands->config.sip, after, page, limit);
	json_t *rows = json_array();
	char next[24];

	for (unsigned i = 0; i < count; i++)
		json_array_append_new(rows, connection_row(&page[i], now_ns));
	snprintf(next, sizeof(next), "%" PRIu64, count ? page[count - 1].id : 0);
	jf_reply_data(reply, jf_commands_page(rows, count == limit ? next : NULL));
}

void jf_commands_reload_tls(struct jf_commands *commands, const struct jf_request *request,
                            struct jf_reply *reply)
{
	int err = jf_sip_tls_reload(commands->config.sip);
	struct jf_sip_tls_status tls;

	(void)request;
	jf_sip_tls_status_get(commands->config.sip, &tls);
	if (err == -ENOTSUP)
		jf_reply_error(reply, JF_PROTOCOL_REFUSED, "TLS is off: see sip.tls_certificate");
	else if (err)
		jf_reply_error(reply, JF_PROTOCOL_REFUSED, "%s; the old certificate stays",
		               tls.error);
	else
		jf_reply_data(reply, certificate_json(&tls));
}
