/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is known of a caller by the time it comes to somebody: texts by key. Bounded, since it is
 * filled in by callers and by servers. Secrets are kept apart from what goes on with the call, and
 * everything is wiped when it is replaced.
 */
#ifndef JF_IVR_DATA_H
#define JF_IVR_DATA_H

#include <stdbool.h>
#include <stdint.h>

#define JF_IVR_DATA_KEYS      32u
#define JF_IVR_DATA_KEY_MAX   64u   /* characters of a key */
#define JF_IVR_DATA_VALUE_MAX 256u  /* bytes of a value: what is longer is cut */
#define JF_IVR_DATA_ALL_MAX   8192u /* keys and values together */

struct jf_ivr_datum {
	char *key, *value;
	bool secret;
};

struct jf_ivr_data {
	uint32_t n, bytes;
	struct jf_ivr_datum list[JF_IVR_DATA_KEYS]; /* by the time of their first value */
};

/* Letters, digits, . _ -, beginning with a letter; not "call." in front, which is the call's own.
 */
bool jf_ivr_data_key_fits(const char *key);

/* 0; -EINVAL (key); -ENOSPC, -ENOMEM: it is what it was. */
int jf_ivr_data_set(struct jf_ivr_data *data, const char *key, const char *value, bool secret);
const struct jf_ivr_datum *jf_ivr_data_find(const struct jf_ivr_data *data, const char *key);
void jf_ivr_data_clear(struct jf_ivr_data *data);

#endif
