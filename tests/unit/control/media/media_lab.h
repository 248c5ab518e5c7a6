/* SPDX-License-Identifier: BSD-3-Clause */
/* Control's side of the contract before a fake dataplane, on virtual time; one for each test. */
#ifndef MEDIA_LAB_H
#define MEDIA_LAB_H

#include "fake_dataplane.h"
#include "jf_media.h"
#include "jf_time.h"

#define SEEN_MAX 128

/* Each test between the two. */
int set_up(void **state);
int tear_down(void **state);

extern char lab_folder[64];                     /* of the test's files */
extern char segment[96], hello[96], broken[96]; /* files; the last two pass for sounds */
void file_make(const char *path);
extern struct fake_dataplane fake;
extern struct jf_media *media;
extern uint64_t now_ns;

/* What the handler was told. */
struct seen {
	struct jf_media_event list[SEEN_MAX];
	size_t count;
	struct jf_media_recording recording; /* as it was at JF_MEDIA_RECORDED */
};
extern struct seen seen;

size_t seen_of(enum jf_media_event_type type);
const struct jf_media_event *last_of(enum jf_media_event_type type); /* there must be one */

/* Control starts, or starts again. */
void control_start(void);

/* A while of both planes, in steps of 10 ms. */
void live(uint64_t ms);

extern const struct jf_call_id call;
extern const struct jf_media_remote remote;

struct pair {
	struct jf_media_ref caller, agent;
};

struct pair pair_open(void);
struct jf_slot_identity *slot_of(struct jf_media_ref ref);

#endif
