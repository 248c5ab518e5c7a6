/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One recording's WAV file. Whole at any moment: data first, then the sizes in the header. Recorder
 * thread. Errors are those of the file system.
 */
#ifndef JF_RECORDING_FILE_PRIV_H
#define JF_RECORDING_FILE_PRIV_H

#include <stdint.h>

#include "jf_contract.h"

struct jf_recording_file {
	int fd; /* -1: closed */
	uint8_t law;
	uint64_t samples; /* in the file, per channel */
};

/* The folder with all that leads to it. dir is absolute. */
int jf_recording_file_make_dir(const char *dir);

/*
 * A new file at path under dir with an empty recording in it; path is changed to the one in use
 * ("-2" ..). No part of path is followed if it is a symbolic link.
 */
int jf_recording_file_open(struct jf_recording_file *f, const char *dir,
                           char path[JF_CONTRACT_PATH_MAX], uint8_t law);

/* Interleaved bytes at the end. After an error the header still tells what is there. */
int jf_recording_file_append(struct jf_recording_file *f, const uint8_t *bytes, uint32_t samples);

/* The header for what has been appended. */
int jf_recording_file_seal(struct jf_recording_file *f);

int jf_recording_file_close(struct jf_recording_file *f);

#endif
