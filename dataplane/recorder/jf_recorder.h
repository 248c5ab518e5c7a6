/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Recordings on disk: a thread that empties the workers' taps (jf_tap.h) into one stereo WAV file
 * for each call, G.711 as it came, caller left, agent right.
 *
 * Placement
 *   Sample 0 is the moment of RECORD. The first packet of an SSRC is placed by its arrival; the
 *   following ones by RTP timestamp relative to it. Where timestamp and arrival come to disagree
 *   by more than 2 s, the stream is placed by arrival anew; where they drift apart slowly (another
 *   clock, or a first packet that was late), by more than 10 ms over 4 s, it is shifted. Gaps are
 *   silence. What is in the file is at least JF_RECORDER_BEHIND_MS old when it is written, and
 *   until then packets may come in any order, and twice; later ones are counted as late and left
 *   out. Audio of the other law is converted.
 *
 * Files
 *   recordings_dir/PATH of the RECORD command, folders made as needed (0750, files 0640). Never
 *   outside recordings_dir, never through a symbolic link, never over a file that exists: "-2",
 *   "-3", .. is put before the ending, and the slot shows the path in use. So a recording that a
 *   new dataplane takes up is a second file. Data is written once a second, then the sizes in the
 *   header: at any moment the file on disk is a whole WAV file, whatever happens to the process.
 *
 * The slot of each recording (struct jf_recording) is written by this thread. On an error of the
 * file system it says JF_RECORDING_FAILED with the errno; the file keeps what it has, and calls go
 * on. Closed and failed recordings are handed to the service thread, which owns the event ring.
 */
#ifndef JF_RECORDER_H
#define JF_RECORDER_H

#include <stdint.h>

#include "jf_contract.h"
#include "jf_tap.h"

#define JF_RECORDER_BEHIND_MS 1000u

struct jf_recorder_config {
	const char *dir;            /* absolute; made if missing */
	struct jf_recording *slots; /* of the contract */
	uint32_t n_recordings;
	uint32_t n_taps;
	struct jf_tap *const *taps; /* copied; must live longer than the recorder */
};

struct jf_recorder_stats {
	uint64_t opened, closed, failed;
	uint64_t bytes_written;
	uint64_t audio_records;
	uint64_t late;
};

struct jf_recorder;

/* Starts the thread. 0, -EINVAL, -ENOMEM, or of the file system for dir. Main thread. */
int jf_recorder_create(const struct jf_recorder_config *config, struct jf_recorder **ret_recorder);

/*
 * After the workers have stopped: takes what is left in the taps, completes and closes every file,
 * and ends the thread. Main thread.
 */
void jf_recorder_destroy(struct jf_recorder *recorder);

/*
 * The next recording that was closed or has failed, for JF_EVENT_RECORDED. 0 or -EAGAIN. Service
 * thread. A hint like the event: when nobody asks for long, some are left out.
 */
int jf_recorder_take_done(struct jf_recorder *recorder, struct jf_recording_ref *ret_recording);

/* Any thread; each number by itself is right. */
void jf_recorder_read_stats(const struct jf_recorder *recorder,
                            struct jf_recorder_stats *ret_stats);

#endif
