/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The id of a call: made when the call arrives, the key of everything kept about it.
 *
 * 128 bits, big endian: 48 bits of wall-clock milliseconds, then 80 random bits (the layout of a
 * ULID), so that ids sort by arrival. As text: 26 characters of Crockford's base 32, upper case.
 */
#ifndef JF_CALL_ID_H
#define JF_CALL_ID_H

#include <stdbool.h>
#include <stdint.h>

#define JF_CALL_ID_BYTES 16
#define JF_CALL_ID_TEXT  27 /* with the terminating NUL */

struct jf_call_id {
	uint8_t b[JF_CALL_ID_BYTES];
};

/* random: 10 bytes from a cryptographic source, which the caller provides. */
struct jf_call_id jf_call_id_make(uint64_t utc_ns, const uint8_t random[10]);

/* Writes 26 characters and a NUL. */
void jf_call_id_text(const struct jf_call_id *id, char ret_text[JF_CALL_ID_TEXT]);

/* 0, or -EINVAL for anything that jf_call_id_text does not write (lower case is accepted). */
int jf_call_id_parse(const char *text, struct jf_call_id *ret_id);

/* The wall-clock milliseconds in the id. */
uint64_t jf_call_id_utc_ms(const struct jf_call_id *id);

bool jf_call_id_equal(const struct jf_call_id *a, const struct jf_call_id *b);

#endif
