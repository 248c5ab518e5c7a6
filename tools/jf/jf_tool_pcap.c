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

static int write_all(FILE *file, const void *bytes, size_t length)
{
	return fwrite(bytes, 1, length, file) == length ? 0 : -EIO;
}

int jf_tool_pcap_begin(FILE *file)
{
	const struct {
		uint32_t magic;
		uint16_t major, minor;
		uint32_t zone, accuracy, length_max, link;
	} header = {0xa1b2c3d4, 2, 4, 0, 0, 65535, LINK_RAW};

	return write_all(file, &header, sizeof(header));
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

/* IP and UDP before length bytes that stand at packet + what is given back. */
static size_t head_of(const struct end *from, const struct end *to, size_t length, uint8_t *packet)
{
	bool v6 = from->family == AF_INET6;
	size_t ip = v6 ? 40 : 20, address = v6 ? 16 : 4;
	uint8_t *udp = packet + ip, *addresses = packet + (v6 ? 8 : 12);
	uint16_t sum;

	memset(packet, 0, ip + 8);
	memcpy(addresses, from->ip, address);
	memcpy(addresses + address, to->ip, address);
	put16(udp, from->port);
	put16(udp + 2, to->port);
	put16(udp + 4, (unsigned)length + 8);
	if (v6) {
		packet[0] = 0x60;
		put16(packet + 4, (unsigned)length + 8);
		packet[6] = 17;
		packet[7] = 64;
	} else {
		packet[0] = 0x45;
		put16(packet + 2, (unsigned)(ip + 8 + length));
		packet[8] = 64;
		packet[9] = 17;
		put16(packet + 10, folded(sum_of(packet, ip)));
	}
	sum = folded((uint64_t)sum_of(addresses, 2 * address) + 17 + length + 8 +
	             sum_of(udp, 8 + length));
	put16(udp + 6, sum ? sum : 0xffff);
	return ip + 8;
}

/* "2026-11-22T08:13:34.123456Z" */
static void read_time(const char *text, uint32_t *ret_seconds, uint32_t *ret_us)
{
	struct tm tm = {0};
	const char *rest = text ? strptime(text, "%Y-%m-%dT%H:%M:%S", &tm) : NULL;

	*ret_seconds = rest ? (uint32_t)timegm(&tm) : 0;
	*ret_us = rest && *rest == '.' ? (uint32_t)strtoul(rest + 1, NULL, 10) % 1000000 : 0;
}

int jf_tool_pcap_message(FILE *file, const json_t *message)
{
	static uint8_t packet[48 + LENGTH_MAX];
	const char *bytes = json_string_value(json_object_get(message, "bytes"));
	struct end from, to;
	uint32_t head[4];
	size_t ip, length, whole;
	int err;

	if (!bytes || read_end(json_string_value(json_object_get(message, "from")), &from) ||
	    read_end(json_string_value(json_object_get(message, "to")), &to) ||
	    from.family != to.family)
		return -EBADMSG;
	ip = from.family == AF_INET6 ? 40 : 20;
	length = decode(bytes, packet + ip + 8, LENGTH_MAX);
	whole = head_of(&from, &to, length, packet) + length;
	read_time(json_string_value(json_object_get(message, "at_utc")), &head[0], &head[1]);
	head[2] = head[3] = (uint32_t)whole;
	err = write_all(file, head, sizeof(head));
	return err ? err : write_all(file, packet, whole);
}
