/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A recorder on the bench: one tap, into which the test writes as a worker would, and a folder of
 * its own for each test. The running test is the one user of jf_reclab.
 */
#ifndef JF_RECORDER_LAB_H
#define JF_RECORDER_LAB_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "jf_recorder.h"
#include "jf_time.h"
#include "jf_wav.h"

#define RECORDINGS 8
#define MS         JF_NS_PER_MS

struct jf_reclab {
	char dir[64];
	struct jf_recording slots[RECORDINGS];
	struct jf_tap *tap;
	struct jf_recorder *recorder;
};

extern struct jf_reclab jf_reclab;

/* Test fixtures: a folder and a recorder that runs; both gone, with what is mounted in them. */
int jf_reclab_set_up(void **state);
int jf_reclab_tear_down(void **state);

/* The same by hand, for tests that stop it themselves. 0: it runs. */
int jf_reclab_start(const char *where);
int jf_reclab_start_with(const char *where, uint64_t buffer_bytes);
void jf_reclab_stop(void);

uint64_t jf_reclab_now(void);

struct jf_command_record jf_reclab_command_of(uint32_t index, uint32_t generation,
                                              const char *path);

/* Packet n of a side, whose first byte is n. false: the tap has no room. */
bool jf_reclab_audio(uint32_t index, uint32_t generation, uint8_t side, uint32_t n, uint64_t at_ns);

/* Waits until the recording is in that state. */
struct jf_recording jf_reclab_slot_in(uint32_t index, uint32_t generation, uint8_t state);

/* Reads and parses a stereo file; gives its length. */
size_t jf_reclab_read_wav(const char *path, struct jf_wav *ret_wav, uint8_t *bytes, size_t room);

#endif
