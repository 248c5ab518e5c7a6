/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What each fuzz target defines. One source makes two programs: with -Dfuzz=true and clang a
 * libFuzzer target, otherwise, with mutate.c, one that feeds itself mutations of its samples.
 * A target asserts (JF_FUZZ_ASSERT) what must hold for any input, beyond not being caught by a
 * sanitizer.
 */
#ifndef JF_FUZZ_H
#define JF_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

struct jf_fuzz_sample {
	const void *bytes;
	size_t length;
};

/* A sample that is a string or an array. */
#define JF_FUZZ_TEXT(text)                                                                         \
	{                                                                                          \
		(text), sizeof(text) - 1                                                           \
	}
#define JF_FUZZ_BYTES(array)                                                                       \
	{                                                                                          \
		(array), sizeof(array)                                                             \
	}

#define JF_FUZZ_ASSERT(what)                                                                       \
	do {                                                                                       \
		if (!(what)) {                                                                     \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #what);         \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

/* Valid inputs, at least one. */
const struct jf_fuzz_sample *jf_fuzz_samples(size_t *ret_count);

#endif
