/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Values of headers that the SIP library does not know, as plain data: pure functions on bytes, no
 * memory is allocated. All of them: 0, -EBADMSG (malformed), -EMSGSIZE (longer than is kept);
 * results are untouched on failure. Text that is kept is visible ASCII.
 */
#ifndef JF_SIP_HEADERS_H
#define JF_SIP_HEADERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "jf_leg.h"

/* Replaces (RFC 3891 section 6.1): a dialog, as the one who is to find it names it. */
struct jf_sip_replaces {
	bool early_only;
	char call_id[JF_SIP_CALL_ID_MAX];
	char to_tag[JF_SIP_TAG_MAX];   /* the finder's own */
	char from_tag[JF_SIP_TAG_MAX]; /* its peer's */
};

int jf_sip_replaces_parse(const char *text, size_t length, struct jf_sip_replaces *ret_replaces);

/* Refer-To (RFC 3515 section 2.1): where to, and what is to be replaced there. */
struct jf_sip_refer_to {
	char uri[JF_SIP_URI_MAX]; /* without display name and headers */
	char method[16];          /* of its method parameter; "INVITE" when there is none */
	bool has_replaces;        /* a Replaces header stands in the URI, escapes undone */
	struct jf_sip_replaces replaces;
};

int jf_sip_refer_to_parse(const char *text, size_t length, struct jf_sip_refer_to *ret_refer_to);

/* Session-Expires (RFC 4028 section 4); Min-SE has the same form without a refresher. */
enum jf_sip_refresher {
	JF_SIP_REFRESHER_NONE,
	JF_SIP_REFRESHER_UAC,
	JF_SIP_REFRESHER_UAS,
};

struct jf_sip_session_expires {
	uint32_t seconds; /* at most 999,999,999 */
	enum jf_sip_refresher refresher;
};

int jf_sip_session_expires_parse(const char *text, size_t length,
                                 struct jf_sip_session_expires *ret_expires);

/* RAck (RFC 3262 section 7.2): "1 314159 INVITE". */
struct jf_sip_rack {
	uint32_t rseq;
	uint32_t cseq;
	char method[16];
};

int jf_sip_rack_parse(const char *text, size_t length, struct jf_sip_rack *ret_rack);

/* A value that is one number, 0 .. 2^32 - 1 (RSeq). */
int jf_sip_number_parse(const char *text, size_t length, uint32_t *ret_number);

#endif
