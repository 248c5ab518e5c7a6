/* SPDX-License-Identifier: BSD-3-Clause */
/* Parties on libsrtp2 at a worker's path, each with keys of its own. */
#ifndef JF_SRTP_PHONE_H
#define JF_SRTP_PHONE_H

#include "jf_path_lab.h"

/* One party's end: what it sends under, and what it opens with. */
struct jf_srtp_phone {
	uint32_t index;
	uint32_t tx, rx;
};

/* All of them, on the other backend. */
extern struct jf_srtp *jf_srtp_phones;

/* cmocka group fixtures: those of the path's lab, and the phones' backend. */
int jf_srtp_phones_begin(void **state);
int jf_srtp_phones_end(void **state);

/* Keys that are the engine's tx and rx of one leg; another seed: other keys. */
struct jf_command jf_srtp_phone_keys(uint32_t index, enum jf_srtp_suite suite, uint8_t seed);

struct jf_srtp_phone jf_srtp_phone_make(const struct jf_command *keys);
void jf_srtp_phone_forget(const struct jf_srtp_phone *phone);

/* What the phone sends: the frame under its key. */
struct rte_mbuf *jf_srtp_phone_mbuf(const struct jf_srtp_phone *phone,
                                    const struct jf_lab_frame *frame);

/* The UDP payload is that long now. */
void jf_srtp_phone_length(struct rte_mbuf *mbuf, uint16_t length);

/* What was sent first, opened by the phone that it is for. false: nothing was sent. */
bool jf_srtp_phone_hears(struct jf_lab *lab, const struct jf_srtp_phone *phone, uint8_t *ret_packet,
                         uint16_t *ret_length);

#endif
