// SPDX-License-Identifier: BSD-3-Clause
#include "jf_tool_pcap.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LINK_RAW   101u
#define LENGTH_MAX 65000u

struct end {
	int family; /* AF_INET or AF_INET6 */
	uint8_t ip[16];
	uint16_t port;
};

/* Over TCP, or TLS, as far as messages of it were seen. */
struct connection {
	struct end ends[2]; /* who opened it, as far as is known, first */
	uint32_t next[2];   /* the sequence number of each end's next byte */
};

struct jf_tool_pcap {
	FILE *file;
	struct connection *connections;
	size_t n_connections, room;
	uint32_t seconds, us;            /* of the message */
	uint8_t packet[60 + LENGTH_MAX]; /* being put together */
};

static int write_all(FILE *file, const void *bytes, size_t length)
{
	return fwrite(bytes, 1, length, file) == length ? 0 : -EIO;
}

/* "10.77.0.1:5060", "[2001:db8::1]:5060" */
static int read_end(const char *text, struct end *ret_end)
{
	const char *colon = text ? strrchr(text, ':') : NULL;
	char ip[INET6_ADDRSTRLEN + 2];
	struct end end = {.family = AF_INET};
	size_t length;

	if (!colon)
		return -EBADMSG;
	length = (size_t)(colon - text);
	if (length >= sizeof(ip))
		return -EBADMSG;
	memcpy(ip, text, length);
	ip[length] = '\0';
	if (ip[0] == '[' && ip[length - 1] == ']') {
		end.family = AF_INET6;
		ip[length - 1] = '\0';
		memmove(ip, ip + 1, length - 1);
	}
	if (inet_pton(end.family, ip, end.ip) != 1)
		return -EBADMSG;
	end.port = (uint16_t)strtoul(colon + 1, NULL, 10);
	*ret_end = end;
	return 0;
}

static int digit_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* The number of bytes, at most size. */
static size_t decode(const char *text, uint8_t *ret_bytes, size_t size)
{
	uint32_t word = 0;
	unsigned bits = 0;
	size_t n = 0;

	for (; *text && *text != '=' && n < size; text++) {
		int digit = digit_of(*text);

		if (digit < 0)
			break;
		word = word << 6 | (uint32_t)digit;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			ret_bytes[n++] = (uint8_t)(word >> bits);
		}
	}
	return n;
}

static void put16(uint8_t *at, unsigned value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static uint32_t sum_of(const uint8_t *bytes, size_t length)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < length; i++)
		sum += i & 1 ? bytes[i] : (uint32_t)bytes[i] << 8;
	return sum;
}

static uint16_t folded(uint64_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* ---- Packets --------------------------------------------------------------------------------- */

#define UDP 17u
#define TCP 6u

#define UDP_HEAD 8u
#define TCP_HEAD 20u

#define SYN 0x02u
#define PSH 0x08u
#define ACK 0x10u

static size_t ip_size(const struct end *end)
{
	return end->family == AF_INET6 ? 40 : 20;
}

/* The checksum of what is behind the IP header, over the addresses too (RFC 768, 9293, 8200). */
static uint16_t checksum(const uint8_t *packet, const struct end *from, size_t length,
                         unsigned protocol)
{
	size_t address = from->family == AF_INET6 ? 16 : 4, ip = ip_size(from);

	return folded((uint64_t)sum_of(packet + (address == 16 ? 8 : 12), 2 * address) + protocol +
	              length + sum_of(packet + ip, length));
}

/* The IP header before length bytes. */
static void ip_put(const struct end *from, const struct end *to, size_t length, unsigned protocol,
                   uint8_t *packet)
{
	bool v6 = from->family == AF_INET6;
	size_t address = v6 ? 16 : 4;
	uint8_t *addresses = packet + (v6 ? 8 : 12);

	memset(packet, 0, ip_size(from));
	memcpy(addresses, from->ip, address);
	memcpy(addresses + address, to->ip, address);
	if (v6) {
		packet[0] = 0x60;
		put16(packet + 4, (unsigned)length);
		packet[6] = (uint8_t)protocol;
		packet[7] = 64;
	} else {
		packet[0] = 0x45;
		put16(packet + 2, (unsigned)(20 + length));
		packet[8] = 64;
		packet[9] = (uint8_t)protocol;
		put16(packet + 10, folded(sum_of(packet, 20)));
	}
}

static void put32(uint8_t *at, uint32_t value)
{
	put16(at, value >> 16);
	put16(at + 2, value & 0xffff);
}

static int packet_write(struct jf_tool_pcap *pcap, const struct end *from, size_t length)
{
	uint32_t whole = (uint32_t)(ip_size(from) + length);
	const uint32_t head[4] = {pcap->seconds, pcap->us, whole, whole};
	int err = write_all(pcap->file, head, sizeof(head));

	return err ? err : write_all(pcap->file, pcap->packet, whole);
}

static int datagram(struct jf_tool_pcap *pcap, const struct end *from, const struct end *to,
                    size_t length)
{
	uint8_t *udp = pcap->packet + ip_size(from);
	uint16_t sum;

	ip_put(from, to, UDP_HEAD + length, UDP, pcap->packet);
	put16(udp, from->port);
	put16(udp + 2, to->port);
	put16(udp + 4, (unsigned)length + UDP_HEAD);
	put16(udp + 6, 0);
	sum = checksum(pcap->packet, from, UDP_HEAD + length, UDP);
	put16(udp + 6, sum ? sum : 0xffff);
	return packet_write(pcap, from, UDP_HEAD + length);
}

/* ---- Connections ------------------------------------------------------------------------------
 */

static bool is_end(const struct end *a, const struct end *b)
{
	return a->family == b->family && a->port == b->port &&
	       memcmp(a->ip, b->ip, sizeof(a->ip)) == 0;
}

/* From one end of the connection (0: who opened it) to the other. */
static int segment(struct jf_tool_pcap *pcap, struct connection *c, unsigned from, unsigned flags,
                   size_t length)
{
	const struct end *source = &c->ends[from], *sink = &c->ends[!from];
	uint8_t *tcp = pcap->packet + ip_size(source);

	ip_put(source, sink, TCP_HEAD + length, TCP, pcap->packet);
	memset(tcp, 0, TCP_HEAD);
	put16(tcp, source->port);
	put16(tcp + 2, sink->port);
	put32(tcp + 4, c->next[from]);
	if (flags & ACK)
		put32(tcp + 8, c->next[!from]);
	tcp[12] = (TCP_HEAD / 4) << 4;
	tcp[13] = (uint8_t)flags;
	put16(tcp + 14, 0xffff);
	put16(tcp + 16, checksum(pcap->packet, source, TCP_HEAD + length, TCP));
	c->next[from] += (uint32_t)length + (flags & SYN ? 1 : 0);
	return packet_write(pcap, source, TCP_HEAD + length);
}

static struct connection *connection_find(struct jf_tool_pcap *pcap, const struct end *from,
                                          const struct end *to, unsigned *ret_from)
{
	for (size_t i = 0; i < pcap->n_connections; i++) {
		struct connection *c = &pcap->connections[i];

		for (unsigned f = 0; f < 2; f++)
			if (is_end(&c->ends[f], from) && is_end(&c->ends[!f], to)) {
				*ret_from = f;
				return c;
			}
	}
	return NULL;
}

static struct connection *connection_add(struct jf_tool_pcap *pcap)
{
	size_t room = pcap->room ? 2 * pcap->room : 16;
	struct connection *more;

	if (pcap->n_connections == pcap->room) {
		more = reallocarray(pcap->connections, room, sizeof(*more));
		if (!more)
			return NULL;
		pcap->connections = more;
		pcap->room = room;
	}
	return &pcap->connections[pcap->n_connections++];
}

/* Before the first message that was seen: the three segments of a handshake. */
static int connection_open(struct jf_tool_pcap *pcap, const struct end *from, const struct end *to,
                           struct connection **ret_connection)
{
	struct connection *c = connection_add(pcap);
	int err;

	if (!c)
		return -ENOMEM;
	*c = (struct connection){.ends = {*from, *to}};
	err = segment(pcap, c, 0, SYN, 0);
	if (!err)
		err = segment(pcap, c, 1, SYN | ACK, 0);
	if (!err)
		err = segment(pcap, c, 0, ACK, 0);
	*ret_connection = c;
	return err;
}

static int in_connection(struct jf_tool_pcap *pcap, const struct end *from, const struct end *to,
                         const char *bytes)
{
	unsigned sender = 0;
	struct connection *c = connection_find(pcap, from, to, &sender);
	int err = c ? 0 : connection_open(pcap, from, to, &c);
	size_t length;

	if (err)
		return err;
	length = decode(bytes, pcap->packet + ip_size(from) + TCP_HEAD, LENGTH_MAX);
	err = segment(pcap, c, sender, PSH | ACK, length);
	return err ? err : segment(pcap, c, !sender, ACK, 0);
}

/* ---- The file ---------------------------------------------------------------------------------
 */

/* "2026-11-22T08:13:34.123456Z" */
static void read_time(const char *text, uint32_t *ret_seconds, uint32_t *ret_us)
{
	struct tm tm = {0};
	const char *rest = text ? strptime(text, "%Y-%m-%dT%H:%M:%S", &tm) : NULL;

	*ret_seconds = rest ? (uint32_t)timegm(&tm) : 0;
	*ret_us = rest && *rest == '.' ? (uint32_t)strtoul(rest + 1, NULL, 10) % 1000000 : 0;
}

int jf_tool_pcap_message(struct jf_tool_pcap *pcap, const json_t *message)
{
	const char *bytes = json_string_value(json_object_get(message, "bytes"));
	const char *transport = json_string_value(json_object_get(message, "transport"));
	struct end from, to;

	if (!bytes || read_end(json_string_value(json_object_get(message, "from")), &from) ||
	    read_end(json_string_value(json_object_get(message, "to")), &to) ||
	    from.family != to.family)
		return -EBADMSG;
	read_time(json_string_value(json_object_get(message, "at_utc")), &pcap->seconds, &pcap->us);
	if (transport && (!strcmp(transport, "tcp") || !strcmp(transport, "tls")))
		return in_connection(pcap, &from, &to, bytes);
	return datagram(pcap, &from, &to,
	                decode(bytes, pcap->packet + ip_size(&from) + UDP_HEAD, LENGTH_MAX));
}

int jf_tool_pcap_open(FILE *file, struct jf_tool_pcap **ret_pcap)
{
	const struct {
		uint32_t magic;
		uint16_t major, minor;
		uint32_t zone, accuracy, length_max, link;
	} header = {0xa1b2c3d4, 2, 4, 0, 0, 65535, LINK_RAW};
	struct jf_tool_pcap *pcap = calloc(1, sizeof(*pcap));
	int err = pcap ? write_all(file, &header, sizeof(header)) : -ENOMEM;

	if (err) {
		free(pcap);
		return err;
	}
	pcap->file = file;
	*ret_pcap = pcap;
	return 0;
}

int jf_tool_pcap_close(struct jf_tool_pcap *pcap)
{
	int err = fclose(pcap->file) ? -EIO : 0;

	free(pcap->connections);
	free(pcap);
	return err;
}
