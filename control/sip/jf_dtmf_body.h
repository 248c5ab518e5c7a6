/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Key presses in the body of SIP INFO: application/dtmf-relay ("Signal=5", "Duration=160") and
 * application/dtmf (the key alone), as phones and gateways have agreed without a standard. Pure.
 */
#ifndef JF_DTMF_BODY_H
#define JF_DTMF_BODY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JF_DTMF_DURATION_MS  160u /* where none is given */
#define JF_DTMF_BODY_MAX     64u
#define JF_DTMF_DURATION_MIN 40u
#define JF_DTMF_DURATION_MAX 5000u

/*
 * relay: which of the two types. ret_digit: 0-9 * # A-D, F: flash; ret_duration_ms is brought into
 * JF_DTMF_DURATION_MIN .. _MAX. false: no key press, or more than one.
 */
bool jf_dtmf_body_read(bool relay, const char *text, size_t length, char *ret_digit,
                       uint32_t *ret_duration_ms);

/* application/dtmf-relay, terminated. */
void jf_dtmf_body_write(char digit, uint32_t duration_ms, char ret_text[JF_DTMF_BODY_MAX]);

#endif
