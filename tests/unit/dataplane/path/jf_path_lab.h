/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A worker's path on the bench: a contract in ordinary memory, mbufs from a real pool, no device.
 * Frames go in through jf_lab_receive, and what the path would send is read from its queue.
 *
 * Two workers; the path is worker 0's, which owns places 0-3 of each of three addresses, the
 * last of them fd77::1. The
 * neighbour resolver is a fake that answers when told to.
 */
#ifndef JF_PATH_LAB_H
#define JF_PATH_LAB_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "jf_command.h"
#include "jf_path.h"

#define JF_LAB_MS          UINT64_C(1000000)
#define JF_LAB_PAYLOAD     160u
#define JF_LAB_MIX_INPUTS  6u
#define JF_LAB_TRANSCODERS 6u

struct jf_lab_frame {
	uint32_t source_ip, target_ip; /* host order */
	uint16_t source_port, target_port;
	uint8_t payload_type;
	bool marker;
	uint16_t sequence;
	uint32_t timestamp, ssrc;
	const uint8_t *payload; /* NULL: JF_LAB_PAYLOAD bytes that count up from the sequence */
	uint16_t payload_length;
};

struct jf_lab {
	struct jf_path path;
	struct jf_contract contract;
	struct jf_port port;
	struct jf_sounds *sounds;
	void *srtp_memory;
	uint32_t request;
	bool neighbours_silent; /* the resolver finds nobody */
};

/* cmocka group fixtures: the EAL and the pool. Test fixtures: a fresh lab in *state. */
int jf_lab_begin(void **state);
int jf_lab_end(void **state);
int jf_lab_make(void **state);
int jf_lab_free(void **state);
#define TEST(f)    cmocka_unit_test_setup_teardown(f, jf_lab_make, jf_lab_free)
#define LAB(state) struct jf_lab *lab = *(state)

/* Executes one command and gives its answer. */
int jf_lab_command(struct jf_lab *lab, struct jf_command command);

/* Commands in short: generation 1 unless said otherwise; the remote is 10.77.0.(2 + index). */
int jf_lab_open(struct jf_lab *lab, uint32_t index);
struct jf_command jf_lab_remote_of(uint32_t index);
int jf_lab_remote(struct jf_lab *lab, uint32_t index);
int jf_lab_join(struct jf_lab *lab, uint32_t listener, uint32_t source);
int jf_lab_play(struct jf_lab *lab, uint32_t index, uint32_t play_id, const uint16_t *sounds,
                uint8_t count, uint8_t flags);
int jf_lab_close(struct jf_lab *lab, uint32_t index);

/* Two endpoints, 0 and 1, open, with remotes, joined both ways. */
void jf_lab_call(struct jf_lab *lab);

/* A frame that the endpoint's remote could send. */
struct jf_lab_frame jf_lab_from(uint32_t index, uint16_t sequence, uint32_t timestamp);

struct rte_mbuf *jf_lab_mbuf(const struct jf_lab_frame *frame);

/* What the endpoint's remote sends from its RTCP port to ours. */
struct rte_mbuf *jf_lab_rtcp_mbuf(uint32_t from, const uint8_t *packet, uint16_t length);

/* Through all stages. */
void jf_lab_receive(struct jf_lab *lab, const struct jf_lab_frame *frame);
void jf_lab_receive_mbuf(struct jf_lab *lab, struct rte_mbuf *mbuf);

/* The same with some bytes changed, mostly in span bytes of its headers or of what they carry, and
 * perhaps its end cut off; nothing that comes of it is kept. */
void jf_lab_receive_mutated(struct jf_lab *lab, struct rte_mbuf *mbuf, uint32_t headers,
                            uint32_t carried, uint32_t span);

/* A receiver's report about nothing, with its name. */
extern const uint8_t jf_lab_empty_report[24];

/* Takes what was sent first. false: nothing. Checks lengths and checksum on the way. */
bool jf_lab_sent(struct jf_lab *lab, struct jf_lab_frame *ret_frame, uint8_t *ret_payload);

/* What control would read of an endpoint's slot. */
struct jf_slot_rx jf_lab_rx(const struct jf_lab *lab, uint32_t index);
struct jf_slot_tx jf_lab_tx(const struct jf_lab *lab, uint32_t index);
uint32_t jf_lab_stream_drops(const struct jf_lab *lab, uint32_t index, enum jf_drop reason);

uint64_t jf_lab_drops(const struct jf_lab *lab, enum jf_drop reason);
uint64_t jf_lab_all_drops(const struct jf_lab *lab);

/* Frees what waits to be sent, to be taken by the kernel, or by the other worker. */
void jf_lab_discard_output(struct jf_lab *lab);

/* Packets that were sent, read, handed on, or dropped under a name. */
uint64_t jf_lab_accounted(const struct jf_lab *lab);

/* A sound of so many packets, each filled with its number + first. */
void jf_lab_sound(struct jf_lab *lab, uint16_t id, uint32_t packets, uint8_t first);

#endif
