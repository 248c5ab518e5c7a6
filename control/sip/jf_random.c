// SPDX-License-Identifier: BSD-3-Clause
/*
 * Random bytes of the kernel's, fetched many at a time, under the names of the SIP library's own.
 *
 * libre asks OpenSSL for each tag, branch and number, whose generator costs more than the rest of a
 * transaction's making: 5 % of a call. As with the timers, the library's calls reach these
 * definitions through the PLT. Loop thread only. What was given out is wiped here.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <re/re.h>

#include "jf_loop_priv.h"

#define POOL_BYTES 256u /* so many are never given in part, whatever signals come */

static uint8_t pool[POOL_BYTES];
static size_t left; /* at the pool's end */

static void refill(void)
{
	if (getrandom(pool, sizeof(pool), 0) != (ssize_t)sizeof(pool))
		abort(); /* a tag that can be guessed lets strangers into calls */
	left = sizeof(pool);
}

void jf_random_close(void)
{
	explicit_bzero(pool, sizeof(pool));
	left = 0;
}

/* --- the library's names --- */

void rand_init(void)
{
}

void rand_bytes(uint8_t *p, size_t size)
{
	while (size) {
		size_t n, at;

		if (!left)
			refill();
		n = size < left ? size : left;
		at = sizeof(pool) - left;
		memcpy(p, pool + at, n);
		explicit_bzero(pool + at, n);
		left -= n;
		p += n;
		size -= n;
	}
}

uint16_t rand_u16(void)
{
	uint16_t value;

	rand_bytes((uint8_t *)&value, sizeof(value));
	return value;
}

uint32_t rand_u32(void)
{
	uint32_t value;

	rand_bytes((uint8_t *)&value, sizeof(value));
	return value;
}

uint64_t rand_u64(void)
{
	uint64_t value;

	rand_bytes((uint8_t *)&value, sizeof(value));
	return value;
}

char rand_char(void)
{
	static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

	return set[rand_u32() % (sizeof(set) - 1)];
}

void rand_str(char *str, size_t size)
{
	if (!str || !size)
		return;
	for (; size > 1; size--)
		*str++ = rand_char();
	*str = '\0';
}
