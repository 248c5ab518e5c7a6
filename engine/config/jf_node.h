/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The node file: everything that one machine's two planes need to know before they start. Both
 * read the same file; tools/demo/node.yaml is the embedded default, with every key explained.
 *
 *   name: jf1                         # 1-63 letters, digits, "-", "."; in logs and records
 *   state_dir: /var/lib/jackfield     # LMDB in state_dir/lmdb
 *   run_dir: /run/jackfield           # contract and control.sock; on a tmpfs
 *   recordings_dir: /var/lib/jackfield/recordings
 *   log_level: notice                 # error warning notice info debug
 *   keep:                             # what is older goes, some rows at a time
 *     kpi_days: 400                   # interval accounts; 7 and more, 0: for ever
 *     record_days: 0                  # contact records; recordings are files, and stay
 *   dataplane:
 *     hugepages: auto                 # auto (use them if there are any), never, required
 *     memory_mb: 256                  # of packet memory, where hugepages are not used
 *     idle: sleep                     # what an idle worker does: spin (lowest latency) or sleep
 *     srtp_backend: ipsec-mb          # who does SRTP: ipsec-mb (fast) or libsrtp2
 *     main_core: 0                    # service and recorder threads
 *     worker_cores: [1]               # one worker each
 *     eal_args: []                    # more arguments for DPDK's EAL
 *     endpoints_per_address: 1000     # a multiple of the number of workers
 *     rtp_port_first: 16384           # even
 *     recordings_max: 1000            # in progress at once
 *     record_buffer_mb: 0             # audio that waits for a slow disk; 0: 30 s of all of them
 *                                     # but not more than JF_NODE_RECORD_BUFFER_MB
 *     track_frames: 128               # energy history per stream, 20 ms each; a power of two
 *     mix_inputs: 256                 # parties heard through mixers at once, of each worker
 *     transcoders: 1000               # G.722 streams measured or turned into G.711, of each worker
 *     ports:
 *       - device: "net_af_packet0,iface=jf-media"
 *         name: carrier               # what jf calls it; missing: port0, port1, ...
 *         vlan: 120                   # 1-4094; several entries may name one device, each with
 *                                     # another VLAN; missing: frames without a tag
 *         exception: jf0              # the kernel's interface on this port; missing: none
 *         mac: "02:00:00:00:00:01"    # missing: the device's own, or derived (jf_port.h)
 *         addresses: [10.77.0.1/16, "2001:db8::1/64"]
 *   sip:
 *     address: 10.77.0.1              # or addresses: [10.77.0.1, "2001:db8::1"], at most 8;
 *                                     # missing: the first IPv4 address of a port
 *     udp_port: 5060                  # 0: off
 *     tcp_port: 5060
 *     tls_port: 5061                  # only with the two below; 0: off
 *     tls_certificate: /etc/jackfield/node.pem # the chain, our own first; missing: no TLS
 *     tls_key: /etc/jackfield/node.key
 *     tls_ca: /etc/jackfield/ca.pem   # who vouches for peers' certificates; missing: they are
 *                                     # not verified
 *     tls_client: off                 # whether who connects must show one: off, request
 *                                     # (none or a good one), require; both need tls_ca
 *     connections_max: 10000          # of TCP and TLS
 *     connections_per_source: 100     # of an address, of those that have proven nothing yet
 *     calls_max: 0                    # then new ones are told 503, within 100 ms or so; 0: any
 *     memory_max_mb: 0                # the same when control has taken so much; 0: any
 *     source_rate: 500                # requests a second of an address that nobody vouches for
 *     session_expires_s: 1800         # of calls: refreshed in half of it, or they end (RFC 4028)
 *     min_se_s: 90                    # peers may ask for no less
 *     keepalive: nat                  # phones on UDP that are asked by OPTIONS if they are there:
 *                                     # nat (their Contact isn't where they register from), all,
 *                                     # none; those behind a proxy (Path) but for none
 *     keepalive_s: 30                 # how often each of them
 *     keepalive_rate: 1000            # at most so many a second, of all
 *     trace_mb: 64                    # of messages that are kept for `jf trace`; 0: none
 *     dns: [192.0.2.53, "2001:db8::53"] # at most 4; missing: those of /etc/resolv.conf
 *     digest_sha256: false            # phones are asked for SHA-256 before MD5, where the
 * directory # says nothing (agents' digest): baresip before 3.12 and SIPp # give up at any but MD5
 *     srtp_over_plain: false          # take and give SRTP keys over UDP and TCP too
 *     realm: jackfield
 *     user_agent: Jackfield
 *
 * Missing keys have the values shown, except name, state_dir, run_dir and dataplane.ports, which
 * must be there; recordings_dir is then state_dir/recordings. Unknown keys, wrong types and values
 * out of range are errors.
 */
#ifndef JF_NODE_H
#define JF_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "jf_ip.h"
#include "jf_log.h"
#include "jf_srtp_suite.h"

struct jf_yaml_error; /* jf_yaml.h */

#define JF_NODE_NAME_SIZE     64u
#define JF_NODE_PATH_SIZE     200u /* with the NUL; control.sock must fit into a sockaddr_un */
#define JF_NODE_TEXT_SIZE     128u
#define JF_NODE_WORKERS_MAX   16u
#define JF_NODE_PORTS_MAX     8u
#define JF_NODE_ADDRESSES_MAX 16u /* over all ports */
#define JF_NODE_EAL_ARGS_MAX  16u

#define JF_NODE_RECORD_BUFFER_MB 8192u

enum jf_node_hugepages {
	JF_NODE_HUGEPAGES_AUTO,
	JF_NODE_HUGEPAGES_NEVER,
	JF_NODE_HUGEPAGES_REQUIRED,
};

enum jf_node_idle {
	JF_NODE_IDLE_SLEEP,
	JF_NODE_IDLE_SPIN,
};

struct jf_node_address {
	struct jf_ip ip;
	uint8_t prefix_length;
};

struct jf_node_port {
	char device[JF_NODE_TEXT_SIZE]; /* EAL vdev string or PCI address (dddd:bb:dd.f) */
	bool is_pci;
	char name[16];
	uint16_t vlan;      /* 0: frames without a tag */
	char exception[16]; /* "": none */
	bool has_mac;
	uint8_t mac[6];
	uint32_t n_addresses;
	struct jf_node_address addresses[JF_NODE_ADDRESSES_MAX];
};

struct jf_node_dataplane {
	enum jf_node_hugepages hugepages;
	enum jf_node_idle idle;
	enum jf_srtp_backend srtp_backend;
	uint32_t memory_mb;
	uint32_t main_core;
	uint32_t n_workers;
	uint32_t worker_cores[JF_NODE_WORKERS_MAX];
	uint32_t n_eal_args;
	char eal_args[JF_NODE_EAL_ARGS_MAX][JF_NODE_TEXT_SIZE];
	uint32_t endpoints_per_address;
	uint16_t rtp_port_first;
	uint32_t recordings_max;
	uint32_t record_buffer_mb; /* 0: by recordings_max */
	uint32_t track_frames;
	uint32_t mix_inputs;  /* of each worker */
	uint32_t transcoders; /* of each worker */
	uint32_t n_ports;
	struct jf_node_port ports[JF_NODE_PORTS_MAX];
};

#define JF_NODE_SIP_ADDRESSES_MAX 8u
#define JF_NODE_DNS_MAX           4u

enum jf_node_tls_client {
	JF_NODE_TLS_CLIENT_OFF,
	JF_NODE_TLS_CLIENT_REQUEST,
	JF_NODE_TLS_CLIENT_REQUIRE,
};

enum jf_node_keepalive {
	JF_NODE_KEEPALIVE_NAT,
	JF_NODE_KEEPALIVE_ALL,
	JF_NODE_KEEPALIVE_NONE,
};

struct jf_node_sip {
	uint32_t n_addresses;
	struct jf_ip addresses[JF_NODE_SIP_ADDRESSES_MAX];
	uint16_t udp_port; /* host order; 0: off */
	uint16_t tcp_port;
	uint16_t tls_port;
	bool digest_sha256;                      /* before MD5, to agents without a digest */
	bool srtp_over_plain;                    /* keys go over UDP and TCP too */
	char tls_certificate[JF_NODE_PATH_SIZE]; /* PEM; "": no TLS */
	char tls_key[JF_NODE_PATH_SIZE];
	char tls_ca[JF_NODE_PATH_SIZE]; /* "": nobody is verified */
	enum jf_node_tls_client tls_client;
	uint32_t connections_max;
	uint32_t connections_per_source;
	uint32_t calls_max;     /* 0: any */
	uint32_t memory_max_mb; /* 0: any */
	uint32_t source_rate;   /* requests a second */
	uint32_t trace_mb;      /* 0: no trace */
	uint32_t session_expires_s;
	uint32_t min_se_s;
	enum jf_node_keepalive keepalive;
	uint32_t keepalive_s;
	uint32_t keepalive_rate; /* OPTIONS a second */
	uint32_t n_dns;          /* 0: as /etc/resolv.conf says */
	struct jf_ip dns[JF_NODE_DNS_MAX];
	char realm[JF_NODE_TEXT_SIZE];
	char user_agent[JF_NODE_TEXT_SIZE];
};

struct jf_node_keep {
	uint32_t kpi_days, record_days; /* 0: for ever */
};

struct jf_node {
	char name[JF_NODE_NAME_SIZE];
	char state_dir[JF_NODE_PATH_SIZE];
	char run_dir[JF_NODE_PATH_SIZE];
	char recordings_dir[JF_NODE_PATH_SIZE];
	enum jf_log_level log_level;
	struct jf_node_keep keep;
	struct jf_node_dataplane dataplane;
	struct jf_node_sip sip;
};

/* file: its name, for messages. 0, or -EINVAL/-EFBIG/-ENOMEM with ret_error. ret_node is whole or
 * untouched. Pure; any thread. */
int jf_node_parse(const char *file, const char *text, size_t length, struct jf_node *ret_node,
                  struct jf_yaml_error *ret_error);

/* Addresses of all ports in the order of the file: the contract's address indexes. */
uint32_t jf_node_address_count(const struct jf_node *node);

#endif
