// SPDX-License-Identifier: BSD-3-Clause
/* The network ports of the dataplane. */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>

#include "jf_commands_priv.h"
#include "jf_loop.h"
#include "jf_media.h"
#include "jf_time.h"

static json_t *addresses_json(const struct jf_media_port *port)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < port->n_addresses; i++) {
		const struct jf_media_network *network = &port->addresses[i];
		char ip[INET6_ADDRSTRLEN] = "?", text[INET6_ADDRSTRLEN + 8];

		inet_ntop(network->address.family == 6 ? AF_INET6 : AF_INET, network->address.ip,
		          ip, sizeof(ip));
		snprintf(text, sizeof(text), "%s/%u", ip, network->prefix_length);
		json_array_append_new(list, json_string(text));
	}
	return list;
}

static json_t *device_json(const struct jf_media_device_side *side)
{
	return json_pack("{s:I, s:I, s:I}", "packets", (json_int_t)side->packets, "octets",
	                 (json_int_t)side->octets, "errors", (json_int_t)side->errors);
}

static json_t *rx_json(const struct jf_media_port *port)
{
	json_t *rx = device_json(&port->rx);

	json_object_set_new(rx, "missed", json_integer((json_int_t)port->rx_missed));
	json_object_set_new(rx, "no_buffer", json_integer((json_int_t)port->rx_no_buffer));
	return rx;
}

static void set_text(json_t *row, const char *key, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

static void set_text(json_t *row, const char *key, const char *format, ...)
{
	char text[64];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	json_object_set_new(row, key, json_string(text));
}

/* What a table has room for, and scripts read as well. */
static void set_summaries(json_t *row, const struct jf_media_port *port)
{
	const uint8_t *m = port->mac;

	set_text(row, "mac", "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4], m[5]);
	if (port->speed_mbps >= 1000)
		set_text(row, "speed", "%.4g Gbit/s", port->speed_mbps / 1000.0);
	else if (port->speed_mbps)
		set_text(row, "speed", "%" PRIu32 " Mbit/s", port->speed_mbps);
	if (port->exception[0])
		set_text(row, "exception", "%s %s", port->exception, port->exception_state);
	if (port->neighbours_waiting)
		set_text(row, "neighbours", "%" PRIu32 ", %" PRIu32 " unresolved",
		         port->neighbours_known, port->neighbours_waiting);
	else
		set_text(row, "neighbours", "%" PRIu32, port->neighbours_known);
	set_text(row, "buffers", "%" PRIu32 " of %" PRIu32, port->buffers_in_use, port->buffers);
}

static json_t *port_row(const struct jf_media_port *port)
{
	json_t *row =
	        json_pack("{s:s, s:s, s:s, s:i, s:o, s:s, s:s, s:I, s:I, s:I, s:I}", "name",
	                  port->name, "device", port->device, "driver", port->driver,
	                  "device_index", (int)port->device_index, "addresses",
	                  addresses_json(port), "link", port->link_up ? "up" : "down", "steering",
	                  port->steering, "received", (json_int_t)port->rx_packets, "sent",
	                  (json_int_t)port->tx_packets, "refused", (json_int_t)port->tx_refused,
	                  "errors", (json_int_t)(port->rx.errors + port->tx.errors));

	if (port->vlan)
		json_object_set_new(row, "vlan", json_integer(port->vlan));
	set_summaries(row, port);
	json_object_set_new(row, "link_changes", json_integer(port->link_changes));
	if (port->link_changed_ns)
		json_object_set_new(row, "link_since_ms",
		                    json_integer((json_int_t)(jf_time_since(port->link_changed_ns,
		                                                            jf_loop_now_ns()) /
		                                              JF_NS_PER_MS)));
	json_object_set_new(row, "speed_mbps", json_integer(port->speed_mbps));
	json_object_set_new(row, "queues",
	                    json_pack("{s:i, s:i}", "rx", (int)port->n_rx_queues, "tx",
	                              (int)port->n_tx_queues));
	json_object_set_new(row, "rx", rx_json(port));
	json_object_set_new(row, "tx", device_json(&port->tx));
	json_object_set_new(row, "kernel",
	                    json_pack("{s:s, s:I, s:I, s:I}", "state", port->exception_state, "to",
	                              (json_int_t)port->to_kernel, "from",
	                              (json_int_t)port->from_kernel, "dropped",
	                              (json_int_t)port->exception_dropped));
	json_object_set_new(row, "neighbours_known", json_integer(port->neighbours_known));
	json_object_set_new(row, "neighbours_waiting", json_integer(port->neighbours_waiting));
	json_object_set_new(row, "buffers_in_use", json_integer(port->buffers_in_use));
	return row;
}

/* A handful: always one page. */
void jf_commands_ports(struct jf_commands *commands, const struct jf_request *request,
                       struct jf_reply *reply)
{
	json_t *rows = json_array();
	struct jf_media_port port;

	(void)request;
	for (uint32_t i = 0; !jf_media_port(commands->config.media, i, &port); i++)
		json_array_append_new(rows, port_row(&port));
	jf_reply_data(reply, jf_commands_page(rows, NULL));
}
