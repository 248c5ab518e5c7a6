// SPDX-License-Identifier: BSD-3-Clause
#include "jf_srtp_suite.h"

const struct jf_srtp_suite_info *jf_srtp_suite_info(enum jf_srtp_suite suite)
{
	static const struct jf_srtp_suite_info infos[JF_SRTP_SUITE_COUNT] = {
	        [JF_SRTP_NONE] = {"none", 0, 0, 0, 0},
#define X(suite, name, key, salt, tag, rtcp_tag)                                                   \
	[JF_SRTP_##suite] = {name, key, salt, tag, rtcp_tag},
	        JF_SRTP_SUITES(X)
#undef X
	};

	return &infos[suite];
}

const char *jf_srtp_backend_name(enum jf_srtp_backend backend)
{
	static const char *const names[] = {
#define X(id, text) text,
	        JF_SRTP_BACKENDS(X)
#undef X
	};

	return backend < JF_SRTP_BACKEND_COUNT ? names[backend] : "?";
}
