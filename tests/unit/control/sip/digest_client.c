// SPDX-License-Identifier: BSD-3-Clause
#include "digest_client.h"

#include <stdio.h>
#include <string.h>

static void copy(struct jf_slice from, char *ret_text, size_t size)
{
	snprintf(ret_text, size, "%.*s", (int)from.length, from.at);
}

bool digest_client_take(struct digest_client *client, const char *response)
{
	static const char name[] = "\r\nWWW-Authenticate: ";
	const char *line = response;

	while ((line = strstr(line, name))) {
		struct jf_digest_challenge challenge;
		struct jf_slice value = {.at = line + sizeof(name) - 1};

		value.length = strcspn(value.at, "\r\n");
		line = value.at;
		if (jf_digest_challenge_read(value, &challenge) ||
		    challenge.algorithm != client->algorithm)
			continue;
		copy(challenge.realm, client->told_realm, sizeof(client->told_realm));
		copy(challenge.nonce, client->nonce, sizeof(client->nonce));
		client->stale = challenge.stale;
		client->count = 0;
		return true;
	}
	return false;
}

const char *digest_client_answer(struct digest_client *client, const char *method, const char *uri)
{
	static char text[1024];
	const char *realm = client->realm ? client->realm : client->told_realm;
	struct jf_digest_answer answer = {
	        .nonce = jf_slice_of(client->nonce),
	        .uri = jf_slice_of(client->uri ? client->uri : uri),
	        .cnonce = JF_SLICE("abc"),
	        .qop = jf_slice_of(client->qop ? client->qop : "auth"),
	        .algorithm = client->algorithm,
	};
	char nc[9], response[JF_DIGEST_HEX_MAX] = "";
	uint8_t ha1[JF_DIGEST_HA1_MAX];

	client->count++;
	snprintf(nc, sizeof(nc), "%08x", client->count);
	answer.nc = jf_slice_of(nc);
	if (jf_digest_ha1_make(answer.algorithm, client->user, realm, client->password, ha1) ||
	    jf_digest_response_make(&answer, jf_slice_of(method), ha1, response))
		return "";
	snprintf(text, sizeof(text),
	         "Authorization: Digest username=\"%s\", realm=\"%s\", nonce=\"%s\", uri=\"%s\", "
	         "qop=%s, nc=%s, cnonce=\"abc\", response=\"%s\", algorithm=%s\r\n",
	         client->user, realm, client->nonce, answer.uri.at, answer.qop.at, nc, response,
	         jf_digest_algorithm_name(client->algorithm));
	return text;
}
