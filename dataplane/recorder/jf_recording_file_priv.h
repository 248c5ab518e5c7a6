/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One recording's file. Whole at any moment: data first, then the sizes in the header. Writer
 * threads. Errors are those of the file system.
 */
#ifndef JF_RECORDING_FILE_PRIV_H
#define JF_RECORDING_FILE_PRIV_H

#include <stdbool.h>
#include <stdint.h>

#include "jf_contract.h"

struct jf_recording_file {
	int fd;         /* -1: closed */
	uint8_t format; /* enum jf_record_format */
	uint8_t law;
	uint32_t head;    /* bytes before the data */
	uint64_t bytes;   /* of data in the file */
	uint32_t told[2]; /* lost packets that the file tells of; JF_RECORD_PACKETS */
};

/* What a file tells of its own gaps, by enum jf_side. */
struct jf_recording_loss {
	uint32_t lost[2]; /* packets that never reached it */
	uint32_t late[2]; /* packets that came when their place had been written */
};

/* The folder with all that leads to it. dir is absolute. */
int jf_recording_file_make_dir(const char *dir);

/*
 * A new file at path under dir with an empty recording in it, of f's format and law; path is
 * changed to the one in use ("-2" ..). No part of path is followed if it is a symbolic link.
 */
int jf_recording_file_open(struct jf_recording_file *f, const char *dir,
                           char path[JF_CONTRACT_PATH_MAX]);

/* A file that keeps nothing: what it costs to record, without a disk. */
int jf_recording_file_open_nowhere(struct jf_recording_file *f);

/* Bytes at the end. After an error the header still tells what is there. */
int jf_recording_file_append(struct jf_recording_file *f, const uint8_t *bytes, size_t length);

/* The header for what has been appended. at_ns: wall time. */
int jf_recording_file_seal(struct jf_recording_file *f, const struct jf_recording_loss *loss,
                           uint64_t at_ns);

int jf_recording_file_close(struct jf_recording_file *f);

#endif
