/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Recordings on disk: a thread that empties the workers' taps (jf_tap.h) into a buffer, and threads
 * that write the buffer into one file for each call, caller left, agent right.
 *
 * Formats (enum jf_record_format)
 *   G711     stereo WAV of one law. The other law is converted, G.722 decoded and coded anew.
 *   LINEAR   stereo WAV, 16 bit, 16,000 samples a second; G.722 decoded, G.711 brought up to it.
 *   PACKETS  pcapng: the RTP packets of both sides as they came, under headers made from the
 *            parties' addresses. Wireshark opens and plays it.
 *
 * Placement of audio
 *   Tick 0 is the moment of RECORD. The first packet of an SSRC is placed by its arrival; the
 *   following ones by RTP timestamp relative to it. Where timestamp and arrival come to disagree
 *   by more than 2 s, the stream is placed by arrival anew; where they drift apart slowly (another
 *   clock, or a first packet that was late), by more than 10 ms over 4 s, it is shifted. Gaps are
 *   silence. What is in the file is at least JF_RECORDER_BEHIND_MS old when it is written, and
 *   until then packets may come in any order, and twice; later ones are counted as late and left
 *   out.
 *
 * The buffer
 *   Audio waits in blocks of two seconds until it is written. While the disk is slow or stands
 *   still the buffer fills; afterwards it is written, and nothing is missing. When no block is
 *   left, what arrives is lost, the place of it silent, and counted: on the recording's slot, in
 *   the file's own header (a comment, or the interface statistics of pcapng) and here. Nothing of
 *   this is ever felt by a worker. jf_recorder_buffer_bytes gives what holds 30 s of all
 *   recordings.
 *
 * Files
 *   dir/PATH of the RECORD command, folders made as needed (0750, files 0640). Never outside dir,
 *   never through a symbolic link, never over a file that exists: "-2", "-3", .. is put before the
 *   ending, and the slot shows the path in use. So a recording that a new dataplane takes up is a
 *   second file. Data is written every two seconds, then the sizes in the header: at any moment the
 *   file on disk is whole, whatever happens to the process. A recording that is closed is on the
 *   disk (fdatasync, or syncfs when many end at once).
 *
 * On an error of the file system a recording's slot says JF_RECORDING_FAILED with the errno; the
 * file keeps what it has, and calls go on. Closed and failed recordings are handed to the service
 * thread, which owns the event ring.
 */
#ifndef JF_RECORDER_H
#define JF_RECORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "jf_contract.h"
#include "jf_tap.h"

#define JF_RECORDER_BEHIND_MS 1000u
#define JF_RECORDER_BRIDGE_S  30u

struct jf_recorder_config {
	const char *dir;            /* absolute; made if missing */
	struct jf_recording *slots; /* of the contract */
	uint32_t n_recordings;
	uint32_t n_taps;
	struct jf_tap *const *taps; /* copied; must live longer than the recorder */
	uint64_t buffer_bytes;      /* taken from the system as it fills; at least 512 KB */
	bool discards;              /* for benchmarks: everything but the files */
};

struct jf_recorder_stats {
	uint64_t opened, closed, failed;
	uint64_t bytes_written;
	uint64_t pieces; /* of taps, all together */
	uint64_t late;
	uint64_t lost; /* for want of buffer */
	uint64_t buffer_bytes, buffer_used_bytes;
	uint64_t ring_bytes; /* in the taps, not looked at yet */
};

struct jf_recorder;

/* What holds JF_RECORDER_BRIDGE_S of so many G.711 recordings; of linear ones half as much. */
uint64_t jf_recorder_buffer_bytes(uint32_t n_recordings);

/* Starts the threads. 0, -EINVAL, -ENOMEM, or of the file system for dir. Main thread. */
int jf_recorder_create(const struct jf_recorder_config *config, struct jf_recorder **ret_recorder);

/*
 * After the workers have stopped: takes what is left in the taps, completes and closes every file,
 * and ends the threads. Waits for a disk that stands still. Main thread.
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
