/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ports against the real kernel: a network namespace for the engine (this process), one for a peer,
 * two veth pairs between them driven by af_packet, the second one with two VLANs. Needs root;
 * skipped otherwise.
 */
#ifndef JF_PORT_LAB_H
#define JF_PORT_LAB_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "jf_port.h"

#define ENGINE_IP "10.77.0.1"
#define PEER_IP   "10.77.0.2"
#define ENGINE_V6 "2001:db8:77::1"
#define PEER_V6   "2001:db8:77::2"

struct jf_port_lab {
	char peer_ns[32];
	struct jf_node node;
	struct jf_ports *ports;
	struct jf_contract contract;
	_Atomic bool is_running, is_lazy; /* lazy: the worker receives nothing */
	_Atomic uint32_t of_no_vlan;
};

extern struct jf_port_lab jf_port_lab;

/* cmocka group fixtures: the namespaces, and the ports, which run. Tests begin with needs_root. */
int jf_port_lab_set_up(void **state);
int jf_port_lab_tear_down(void **state);
void jf_port_lab_needs_root(void);

/* The ports and the threads that serve them. 0: they run. */
int jf_port_lab_start(void);
void jf_port_lab_stop(void);

uint64_t jf_port_lab_now(void);
int jf_port_lab_shell(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* What control would read of a port. */
struct jf_port_slot jf_port_lab_slot_of(uint32_t port);

/* The peer pings. 0: somebody answered. */
int jf_port_lab_ping(const char *to);

/* One datagram to the engine's socket and its echo. 0: it came back. */
int jf_port_lab_udp_from_peer(void);

/* A worker's question for a neighbour (NULL: no longer), and what it is told, if in time. */
void jf_port_lab_ask(uint32_t endpoint, uint32_t generation, const char *remote);
bool jf_port_lab_take_answer(struct jf_neigh_answer *ret_answer, unsigned wait_ms);

#endif
