/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SipHash-2-4 (Aumasson, Bernstein, 2012): a hash of bytes from outside that nobody can aim at
 * without knowing the secret: for tables that strangers fill, and for marks that only we can make
 * of little worth. Any thread.
 */
#ifndef JF_SIPHASH_H
#define JF_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

/* bytes may be NULL when length is 0. */
uint64_t jf_siphash(const uint64_t secret[2], const void *bytes, size_t length);

#endif
