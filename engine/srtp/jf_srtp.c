// SPDX-License-Identifier: BSD-3-Clause
#include "jf_srtp.h"

#include <errno.h>

#include "jf_srtp_priv.h"

size_t jf_srtp_memory_size(enum jf_srtp_backend backend, uint32_t n_streams)
{
	return backend == JF_SRTP_LIBSRTP2 ? jf_srtp_lib_memory_size(n_streams)
	                                   : jf_srtp_mb_memory_size(n_streams);
}

int jf_srtp_create(enum jf_srtp_backend backend, uint32_t n_streams, void *memory,
                   struct jf_srtp **ret_srtp)
{
	if (!memory || n_streams >= JF_SRTP_STREAM_NONE)
		return -EINVAL;
	switch (backend) {
	case JF_SRTP_IPSEC_MB:
		return jf_srtp_mb_create(n_streams, memory, ret_srtp);
	case JF_SRTP_LIBSRTP2:
		return jf_srtp_lib_create(n_streams, memory, ret_srtp);
	default:
		return -EINVAL;
	}
}

void jf_srtp_destroy(struct jf_srtp *srtp)
{
	if (srtp)
		srtp->ops->destroy(srtp);
}

static bool is_suite(enum jf_srtp_suite suite)
{
	return suite > JF_SRTP_NONE && suite < JF_SRTP_SUITE_COUNT;
}

int jf_srtp_open(struct jf_srtp *srtp, enum jf_srtp_direction direction, enum jf_srtp_suite suite,
                 const uint8_t *key, uint32_t *ret_stream)
{
	if (!is_suite(suite))
		return -EINVAL;
	return srtp->ops->open(srtp, direction, suite, key, ret_stream);
}

int jf_srtp_rekey(struct jf_srtp *srtp, uint32_t stream, enum jf_srtp_suite suite,
                  const uint8_t *key, uint64_t now_ns)
{
	if (!is_suite(suite))
		return -EINVAL;
	return srtp->ops->rekey(srtp, stream, suite, key, now_ns);
}

bool jf_srtp_position_get(const struct jf_srtp *srtp, uint32_t stream,
                          struct jf_srtp_position *ret_position)
{
	return srtp->ops->position_get(srtp, stream, ret_position);
}

int jf_srtp_position_set(struct jf_srtp *srtp, uint32_t stream,
                         const struct jf_srtp_position *position)
{
	if (position->index > INDEX_MAX)
		return -EINVAL;
	return srtp->ops->position_set(srtp, stream, position);
}

void jf_srtp_close(struct jf_srtp *srtp, uint32_t stream)
{
	srtp->ops->close(srtp, stream);
}

void jf_srtp_age(struct jf_srtp *srtp, uint64_t now_ns)
{
	srtp->ops->age(srtp, now_ns);
}

void jf_srtp_unprotect_burst(struct jf_srtp *srtp, struct jf_srtp_packet *packets, uint32_t n)
{
	srtp->ops->unprotect(srtp, packets, n);
}

void jf_srtp_protect_burst(struct jf_srtp *srtp, struct jf_srtp_packet *packets, uint32_t n)
{
	srtp->ops->protect(srtp, packets, n);
}

enum jf_srtp_verdict jf_srtp_unprotect_rtcp(struct jf_srtp *srtp, struct jf_srtp_packet *packet)
{
	packet->verdict = packet->length < RTCP_HEADER_SIZE
	                          ? JF_SRTP_MALFORMED
	                          : srtp->ops->unprotect_rtcp(srtp, packet);
	return packet->verdict;
}

enum jf_srtp_verdict jf_srtp_protect_rtcp(struct jf_srtp *srtp, struct jf_srtp_packet *packet)
{
	packet->verdict = packet->length < RTCP_HEADER_SIZE ? JF_SRTP_MALFORMED
	                                                    : srtp->ops->protect_rtcp(srtp, packet);
	return packet->verdict;
}
