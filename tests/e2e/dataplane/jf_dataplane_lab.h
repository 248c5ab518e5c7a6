/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The real jf-dataplane on a veth pair between two network namespaces of its own: the test is
 * control (through the contract) and all phones (through sockets). Each program has one lab, made
 * before its first test and gone after its last. What can't be done fails the test that asked.
 */
#ifndef JF_DATAPLANE_LAB_H
#define JF_DATAPLANE_LAB_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <cmocka.h>

#include "jf_contract.h"
#include "jf_time.h"

#define JF_LAB_PHONES 3 /* the third one is a supervisor's */

struct jf_lab {
	const char *binary; /* of jf-dataplane; before jf_lab_begin */
	char dir[64], engine[32], phones[32];
	pid_t pid; /* 0: it was stopped */
	struct jf_contract contract;
	uint32_t requests;
	struct {
		int rtp, rtcp;
	} phone[JF_LAB_PHONES];
};

extern struct jf_lab jf_lab;

/* Takes the binary from main; false, and it is told: that is no binary, or not root. */
bool jf_lab_arguments(int argc, char **argv);

/* cmocka group fixtures: namespaces, sockets of the phones, a running dataplane. */
int jf_lab_begin(void **state);
int jf_lab_end(void **state);

/* The dataplane alone; stop gives its wait status. */
void jf_lab_start(void);
int jf_lab_stop(int signal);

void jf_lab_sh(const char *format, ...) __attribute__((format(printf, 1, 2)));
uint64_t jf_lab_now_ns(void);
void jf_lab_sleep_ms(uint32_t ms);

/* ---- Control -------------------------------------------------------------------------------- */

/* Posts a command to a ring (command: the worker's), and gives the answer to it. */
int jf_lab_ask(uint32_t ring, struct jf_command command);
int jf_lab_command(struct jf_command command);

/* Endpoint of the phone, with that phone as its remote. codec: its payload type too. */
void jf_lab_open(uint32_t phone, uint32_t generation, uint8_t codec);

/* Endpoints 0 and 1, for phones 0 and 1; each then hears the other. */
void jf_lab_open_call(uint32_t generation);
void jf_lab_join_call(uint32_t generation);

bool jf_lab_wait_event(uint32_t ring, enum jf_event_type type, uint32_t ms, struct jf_event *ret);

/* ---- Phones --------------------------------------------------------------------------------- */

/* To the phone's endpoint: a packet as it stands, or 20 ms of one code. */
void jf_lab_send_packet(uint32_t phone, const uint8_t *packet, size_t length);
void jf_lab_send(uint32_t phone, uint16_t sequence, uint8_t code);

/* Length of the packet, 0 when none comes in time. */
size_t jf_lab_receive(uint32_t phone, uint32_t ms, uint8_t packet[1500]);
void jf_lab_drain(void);

/* Sends until something comes through; the first packets wait for ARP. The sequence number. */
uint16_t jf_lab_until_heard(uint32_t from);

#endif
