// SPDX-License-Identifier: BSD-3-Clause
/*
 * Keys of SDES (RFC 4568) of one stream of a party: sound and pictures have their own.
 *
 * Each offer of ours has a new one for each suite. An offer of the peer's with the key that it has
 * already is answered with the one that we have; with another one, both are new: a key stream is
 * never used twice.
 */
#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "jf_call_priv.h"

static int key_make(struct jf_sdp_crypto *crypto)
{
	const struct jf_srtp_suite_info *info =
	        jf_srtp_suite_info((enum jf_srtp_suite)crypto->suite);
	size_t length = (size_t)info->key + info->salt;

	return getrandom(crypto->key, length, 0) == (ssize_t)length ? 0 : -EIO;
}

int jf_call_keys_offer(struct jf_sdp_crypto *ret_lines, uint8_t count)
{
	for (uint8_t i = 0; i < count; i++) {
		ret_lines[i] = (struct jf_sdp_crypto){.tag = i + 1u,
		                                      .suite = (uint8_t)jf_sdp_crypto_suite(i)};
		if (key_make(&ret_lines[i]))
			return -EIO;
	}
	return 0;
}

int jf_call_keys_answer(const struct jf_media_keys *present, const struct jf_sdp_crypto *offered,
                        uint8_t count, struct jf_sdp_crypto *ret_line)
{
	const struct jf_sdp_crypto *theirs = jf_sdp_crypto_choose(offered, count);

	/* The key in use stays, if it is among those offered. */
	for (uint8_t i = 0; i < count; i++)
		if (offered[i].suite == present->suite &&
		    memcmp(offered[i].key, present->rx, sizeof(present->rx)) == 0)
			theirs = &offered[i];
	*ret_line = (struct jf_sdp_crypto){.tag = theirs->tag, .suite = theirs->suite};
	if (theirs->suite != present->suite ||
	    memcmp(theirs->key, present->rx, sizeof(present->rx)) != 0)
		return key_make(ret_line);
	memcpy(ret_line->key, present->tx, sizeof(present->tx));
	return 0;
}

bool jf_call_keys_agree(struct jf_media_keys *keys, struct jf_sdp_crypto *ours, uint8_t *n_ours,
                        const struct jf_sdp_crypto *theirs, uint8_t n_theirs)
{
	struct jf_media_keys next = {.id = keys->id + 1};
	const struct jf_sdp_crypto *chosen = NULL;
	bool changed;

	for (uint8_t i = 0; i < n_theirs; i++)
		for (uint8_t k = 0; k < *n_ours && !chosen; k++)
			if (theirs[i].tag == ours[k].tag) {
				chosen = &theirs[i];
				ours[0] = ours[k];
			}
	*n_ours = chosen != NULL;
	if (chosen) {
		next.suite = (enum jf_srtp_suite)chosen->suite;
		memcpy(next.rx, chosen->key, sizeof(next.rx));
		memcpy(next.tx, ours[0].key, sizeof(next.tx));
	}
	changed = next.suite != keys->suite || memcmp(next.rx, keys->rx, sizeof(next.rx)) != 0 ||
	          memcmp(next.tx, keys->tx, sizeof(next.tx)) != 0;
	if (changed)
		*keys = next;
	explicit_bzero(&next, sizeof(next));
	return changed;
}
